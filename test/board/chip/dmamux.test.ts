/** Routing: which request reaches which stream, and when none does. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { CR3, ISR, USART } from '../../../host/board/chip/usart-registers.js';
import { enable, run, serialBench, status } from './serial-bench.js';
import { RX_CR, startStream, streamRegister, USART1_RDR } from './stream-setup.js';

describe('a route', () => {
  it.each([
    ['dma1', 0], ['dma1', 7], ['dma2', 0], ['dma2', 7],
  ] as const)('leads USART1_RX to %s stream %i through the channel of that number', (controller, stream) => {
    const bench = serialBench();
    enable(bench.usart1, 640);
    bench.usart1.write(USART.CR3, 4, CR3.DMAR, 0);
    startStream(bench, { controller, stream, request: 41, par: USART1_RDR, ndtr: 4, cr: RX_CR });
    expect(bench.dmamux.read(4 * (stream + (controller === 'dma1' ? 0 : 8)), 4)).toBe(41);
    bench.usart1.lineIn('PA10', run([0x5a], 0, 100_000));
    bench.usart1.sync(1e6);
    expect(bench.ram[0]).toBe(0x5a);
    expect(bench.names()).toEqual([]);
  });

  it('without the right request the stream never moves', () => {
    for (const request of [0, 42, 43, 41 | (1 << 16)]) {
      const bench = serialBench();
      enable(bench.usart1, 640);
      bench.usart1.write(USART.CR3, 4, CR3.DMAR, 0);
      startStream(bench, { request, par: USART1_RDR, ndtr: 4, cr: RX_CR });
      bench.usart1.lineIn('PA10', run([0x5a], 0, 100_000));
      expect(status(bench.usart1, 1e6) & ISR.RXNE).toBe(ISR.RXNE);
      expect(bench.ram[0]).toBe(0);
      expect(bench.names()).toEqual(['dmamux-wrong-request']);
    }
  });

  it('a leftover stream without a request is nobody\'s mistake; one that shares the request is', () => {
    let alone = 0;
    let shared = 0;
    for (let seed = 0; seed < 60; seed++) {
      const bench = serialBench();
      bench.dma2.scramble(new Random(seed));
      const isLeftover = Array.from({ length: 8 }, (_, stream) => stream).filter((stream) =>
        (bench.dma2.read(streamRegister(stream, 'CR'), 4, 0) & 1) !== 0 && bench.dma2.read(streamRegister(stream, 'PAR'), 4, 0) === USART1_RDR);
      if (isLeftover.length !== 1) continue;
      const reroute = seed % 2 === 0;
      if (reroute) bench.dmamux.write(4 * (8 + (isLeftover[0] ?? 0)), 4, 41, 0);
      enable(bench.usart1, 640);
      bench.usart1.write(USART.CR3, 4, CR3.DMAR, 0);
      startStream(bench, { request: 41, par: USART1_RDR, ndtr: 4, cr: RX_CR });
      expect(bench.names()).toEqual(reroute ? ['dmamux-write-while-enabled', 'dmamux-request-shared'] : []);
      if (reroute) shared++;
      else alone++;
    }
    expect(Math.min(alone, shared)).toBeGreaterThan(2);
  });

  it('two USARTs use two streams side by side', () => {
    const bench = serialBench();
    for (const usart of [bench.usart1, bench.usart2]) {
      enable(usart, 640);
      usart.write(USART.CR3, 4, CR3.DMAR, 0);
    }
    startStream(bench, { stream: 0, request: 41, par: USART1_RDR, ndtr: 4, cr: RX_CR });
    startStream(bench, { stream: 1, request: 43, par: 0x4000_4424, m0ar: 0x2400_0100, ndtr: 4, cr: RX_CR });
    bench.usart1.lineIn('PA10', run([1, 2], 0, 100_000));
    bench.usart2.lineIn('PA3', run([3, 4], 100, 100_000));
    bench.dma1.sync(1e6);
    expect([...bench.ram.subarray(0, 2), ...bench.ram.subarray(0x100, 0x102)]).toEqual([1, 2, 3, 4]);
    expect(bench.names()).toEqual([]);
  });
});
