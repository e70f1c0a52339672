/** DMA between RAM and a USART: circular reception, transmission, flags, and a megabyte in no time. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { SCR } from '../../../host/board/chip/dma-stream.js';
import { CR1, CR3, ISR, USART } from '../../../host/board/chip/usart-registers.js';
import type { SerialBench } from './serial-bench.js';
import { CR1_8E1, enable, RAM_BASE, readAll, run, serialBench, status } from './serial-bench.js';
import { RX_CR, startStream, streamRegister, TX_CR, USART1_RDR, USART1_TDR } from './stream-setup.js';

const LISR = 0x00;
const HISR = 0x04;
const LIFCR = 0x08;
const HTIF = 1 << 4;
const TCIF = 1 << 5;

/** USART1 at 100 kbaud 8E1, receiving into the ring at RAM_BASE through DMA1 stream 0. */
function receiving(ringBytes: number, options: { cr?: number; cr1?: number } = {}): SerialBench {
  const bench = serialBench();
  enable(bench.usart1, 640, 0, options.cr1 ?? CR1_8E1 | CR1.FIFOEN);
  startStream(bench, { request: 41, par: USART1_RDR, ndtr: ringBytes, cr: options.cr ?? RX_CR });
  bench.usart1.write(USART.CR3, 4, CR3.DMAR, 0);
  return bench;
}

const ndtr = ({ dma1 }: SerialBench, tick: number): number => dma1.read(streamRegister(0, 'NDTR'), 4, tick);
const completion = (index: number): number => (index * 11 + 10 + 9.5 / 16) * 640;

describe('reception', () => {
  it('NDTR counts down as characters complete, and the bytes are in the ring', () => {
    const bench = receiving(8);
    bench.usart1.lineIn('PA10', run([0xa0, 0xa1, 0xa2], 0, 100_000));
    expect(bench.usart1.nextChange(0)).toBeCloseTo(completion(0), 6);
    for (const [index, left] of [8, 7, 6, 5].entries()) {
      expect(ndtr(bench, completion(index - 1) + 1)).toBe(left);
      expect(ndtr(bench, completion(index) - 1)).toBe(left);
    }
    expect([...bench.ram.subarray(0, 4)]).toEqual([0xa0, 0xa1, 0xa2, 0]);
    expect(status(bench.usart1, 1e6) & (ISR.RXNE | ISR.ORE)).toBe(0);
  });

  it('HTIF and TCIF rise with the byte that fills the half and the whole', () => {
    const bench = receiving(4);
    bench.usart1.lineIn('PA10', run([1, 2, 3, 4, 5], 0, 100_000));
    const flagsAt = (tick: number): number => bench.dma1.read(LISR, 4, tick);
    expect(flagsAt(completion(1) - 1)).toBe(0);
    expect(flagsAt(completion(1) + 1)).toBe(HTIF);
    bench.dma1.write(LIFCR, 4, HTIF, completion(1) + 2);
    expect(flagsAt(completion(3) - 1)).toBe(0);
    expect(flagsAt(completion(3) + 1)).toBe(TCIF);
    expect(ndtr(bench, completion(3) + 1)).toBe(4);
    expect(ndtr(bench, 1e6)).toBe(3);
    expect([...bench.ram.subarray(0, 5)]).toEqual([5, 2, 3, 4, 0]);
  });

  it('without CIRC the stream ends, and what follows waits in the FIFO', () => {
    const bench = receiving(2, { cr: RX_CR & ~SCR.CIRC });
    bench.usart1.lineIn('PA10', run([1, 2, 3, 4], 0, 100_000));
    expect(bench.dma1.read(streamRegister(0, 'CR'), 4, 1e6) & SCR.EN).toBe(0);
    expect([ndtr(bench, 1e6), bench.dma1.read(LISR, 4, 1e6)]).toEqual([0, HTIF | TCIF]);
    expect(readAll(bench.usart1, 1e6).map((word) => word & 0xff)).toEqual([3, 4]);
  });

  it('a finished stream that is enabled again starts over with the same length', () => {
    const bench = receiving(2, { cr: RX_CR & ~SCR.CIRC });
    bench.usart1.lineIn('PA10', run([1, 2, 3, 4], 0, 100_000));
    bench.dma1.sync(1e6);
    bench.dma1.write(LIFCR, 4, 0x3d, 1e6);
    bench.dma1.write(streamRegister(0, 'CR'), 4, (RX_CR & ~SCR.CIRC) | SCR.EN, 1e6);
    expect([...bench.ram.subarray(0, 2)]).toEqual([3, 4]);
    expect(bench.names()).toEqual([]);
  });

  it('a stream that comes late finds what the FIFO kept', () => {
    const bench = serialBench();
    enable(bench.usart1, 640, 0, CR1_8E1 | CR1.FIFOEN);
    bench.usart1.write(USART.CR3, 4, CR3.DMAR, 0);
    bench.usart1.lineIn('PA10', run([1, 2, 3], 0, 100_000));
    bench.usart1.sync(1e6);
    startStream(bench, { request: 41, par: USART1_RDR, ndtr: 8, cr: RX_CR, tick: 1e6 });
    expect([...bench.ram.subarray(0, 3)]).toEqual([1, 2, 3]);
  });

  it('switched off in the middle it keeps NDTR and raises TCIF', () => {
    const bench = receiving(8);
    bench.usart1.lineIn('PA10', run([1, 2, 3], 0, 100_000));
    bench.dma1.write(streamRegister(0, 'CR'), 4, RX_CR, 1e6);
    expect([ndtr(bench, 1e6), bench.dma1.read(LISR, 4, 1e6)]).toEqual([5, TCIF]);
  });

  it('an unclocked controller moves nothing', () => {
    const bench = receiving(8);
    bench.clocksOff.add('DMA1');
    bench.usart1.lineIn('PA10', run([1, 2, 3], 0, 100_000));
    bench.usart1.sync(1e6);
    expect([...bench.ram.subarray(0, 3)]).toEqual([0, 0, 0]);
    expect(readAll(bench.usart1, 1e6)).toHaveLength(3);
  });

  it('damaged characters are moved; with DDRE the request waits until the flag is cleared', () => {
    const bench = receiving(8);
    bench.usart1.lineIn('PA10', run([0x01, 0x03, 0x02], 0, 100_000, 'odd'));
    bench.dma1.sync(1e6);
    expect([...bench.ram.subarray(0, 3)]).toEqual([0x01, 0x03, 0x02]);

    const masked = serialBench();
    masked.usart1.write(USART.CR3, 4, CR3.DDRE | CR3.DMAR, 0);
    enable(masked.usart1, 640, 0, CR1_8E1 | CR1.FIFOEN);
    startStream(masked, { request: 41, par: USART1_RDR, ndtr: 8, cr: RX_CR });
    masked.usart1.lineIn('PA10', run([0x01], 0, 100_000, 'odd'));
    masked.usart1.lineIn('PA10', run([0x02], 20_000, 100_000));
    expect(ndtr(masked, 1e6)).toBe(8);
    masked.usart1.write(USART.ICR, 4, ISR.PE, 1e6);
    expect(ndtr(masked, 1e6)).toBe(6);
  });

  it('1 MiB into a ring of 4 KiB: every byte, in less than a second', () => {
    const bench = receiving(4096);
    const image = new Random(1).fill(new Uint8Array(1 << 20));
    bench.usart1.lineIn('PA10', run(image, 0, 100_000));
    const received = new Uint8Array(image.length);
    let taken = 0;
    const startedMs = performance.now();
    for (let tick = 0; taken < image.length; tick += 1000 * 11 * 640) {
      const head = 4096 - ndtr(bench, tick);
      while (taken % 4096 !== head % 4096 && taken < image.length) received[taken] = bench.ram[taken++ % 4096] ?? 0;
    }
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(received.findIndex((byte, index) => byte !== image[index])).toBe(-1);
    expect(bench.names()).toEqual([]);
  });

  it('gives the same ring whether time passes in small steps or in one leap', () => {
    const outcome = (step: (random: Random) => number): unknown => {
      const bench = receiving(7);
      const random = new Random(9);
      for (const [index, baudRate] of [100_000, 101_000, 80_000].entries()) {
        bench.usart1.lineIn('PA10', run(random.fill(new Uint8Array(9)), index * 80_000, baudRate));
      }
      for (let tick = 0; tick < 250_000; tick += step(random)) bench.dma1.sync(tick);
      return { ndtr: ndtr(bench, 250_000), flags: bench.dma1.read(LISR, 4, 250_000), ring: [...bench.ram.subarray(0, 7)], seen: bench.violations.seen };
    };
    const reference = outcome(() => 7.3);
    expect(outcome(() => 1e6)).toEqual(reference);
    expect(outcome((random) => 1 + random.below(20_000))).toEqual(reference);
  });
});

describe('transmission', () => {
  function sending(bytes: Uint8Array, cr1: number): SerialBench {
    const bench = serialBench();
    enable(bench.usart1, 640, 0, cr1);
    bench.ram.set(bytes);
    startStream(bench, { controller: 'dma2', stream: 5, request: 42, par: USART1_TDR, ndtr: bytes.length, cr: TX_CR });
    bench.usart1.write(USART.CR3, 4, CR3.DMAT, 1e5);
    return bench;
  }

  it.each([
    ['TDR', CR1_8E1, 1],
    ['the FIFO', CR1_8E1 | CR1.FIFOEN, 16],
  ])('fills %s and keeps the line busy without a gap', (_, cr1, depth) => {
    const bytes = new Random(2).fill(new Uint8Array(100));
    const bench = sending(bytes, cr1);
    const left = (tick: number): number => bench.dma2.read(streamRegister(5, 'NDTR'), 4, tick);
    expect(left(1e5)).toBe(100 - 1 - depth);
    expect(bench.usart1.nextChange(1e5)).toBe(1e5 + 11 * 640);
    expect(left(1e5 + 11 * 640)).toBe(100 - 2 - depth);
    bench.usart1.sync(1e7);
    expect(bench.heard.flatMap(({ run: { bytes: part } }) => [...part])).toEqual([...bytes]);
    expect(bench.heard[0]?.run.startTick).toBe(1e5);
    expect(bench.dma2.read(HISR, 4, 1e7)).toBe((HTIF | TCIF) << 6);
    expect(status(bench.usart1, 1e7) & ISR.TC).toBe(ISR.TC);
    expect(bench.names()).toEqual([]);
  });

  it('TC rises when the last stop bit ends, long after TCIF', () => {
    const bench = sending(Uint8Array.of(1, 2), CR1_8E1);
    expect(bench.dma2.read(HISR, 4, 1e5) & (TCIF << 6)).toBe(TCIF << 6);
    const end = 1e5 + 2 * 11 * 640;
    expect(status(bench.usart1, end - 1) & ISR.TC).toBe(0);
    expect(status(bench.usart1, end) & ISR.TC).toBe(ISR.TC);
  });
});

describe('leftovers', () => {
  it('scrambled streams are ones that the controller would run, and reset stops them', () => {
    const { dma1, names } = serialBench();
    let running = 0;
    for (let seed = 0; seed < 50; seed++) {
      dma1.reset();
      dma1.scramble(new Random(seed));
      for (let stream = 0; stream < 8; stream++) {
        const cr = dma1.read(streamRegister(stream, 'CR'), 4, 0);
        if ((cr & SCR.EN) === 0) continue;
        running++;
        expect(dma1.read(streamRegister(stream, 'NDTR'), 4, 0)).toBeGreaterThan(0);
        expect(dma1.read(streamRegister(stream, 'M0AR'), 4, 0) - RAM_BASE).toBeLessThan(0x8_0000);
      }
    }
    expect(running).toBeGreaterThan(20);
    dma1.reset();
    for (let stream = 0; stream < 8; stream++) expect(dma1.read(streamRegister(stream, 'CR'), 4, 0)).toBe(0);
    expect(names()).toEqual([]);
  });
});

describe('the FIFO control register', () => {
  it('keeps what a program writes, but for its level, which says empty', () => {
    const { dma1 } = serialBench();
    expect(dma1.read(streamRegister(0, 'FCR'), 4, 0)).toBe(0x21);
    dma1.write(streamRegister(0, 'FCR'), 4, 0xffffffff, 0);
    expect(dma1.read(streamRegister(0, 'FCR'), 4, 0)).toBe(0xa7);
  });
});
