/** Transmission: times on the line, flags, pins, and what is lost when it is cut short. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { characterTicks } from '../../../host/board/serial-line.js';
import { CR1, ISR, RQR, USART } from '../../../host/board/chip/usart-registers.js';
import type { SerialBench } from './serial-bench.js';
import { CR1_8E1, enable, receiveUntil, serialBench, status } from './serial-bench.js';

/** After the idle frame that TE sends first. */
const READY = 11 * 640;

function bytesOf(bench: SerialBench, pin = 'PA9'): number[] {
  return bench.heard.filter((entry) => entry.pin === pin).flatMap(({ run }) => [...run.bytes]);
}

/** Writes `bytes` to TDR as TXE allows, waiting as a program does: from one change to the next. Returns the time of the last write. */
function send({ usart1 }: SerialBench, bytes: Iterable<number>, from: number): number {
  let tick = from;
  for (const byte of bytes) {
    while ((status(usart1, tick) & ISR.TXE) === 0) tick = usart1.nextChange(tick);
    usart1.write(USART.TDR, 4, byte, tick);
  }
  return tick;
}

describe('timing', () => {
  it('a character starts when TDR is written, which the world is told, and is handed over when its stop bit has ended', () => {
    const bench = serialBench();
    enable(bench.usart1, 556);
    const at = 100_000.5;
    bench.usart1.write(USART.TDR, 4, 0x79, at);
    const endsAt = at + 11 * 556;
    expect(bench.usart1.nextChange(at)).toBeCloseTo(endsAt, 6);
    bench.usart1.sync(endsAt - 1);
    expect([bench.heard.length, bench.yields]).toEqual([0, 1]);
    bench.usart1.sync(endsAt + 1e-6);
    expect(bench.heard).toEqual([{ pin: 'PA9', run: { bytes: Uint8Array.of(0x79), startTick: at, format: { baudRate: 64e6 / 556, parity: 'even', stopBits: 1 } } }]);
    expect(bench.yields).toBe(2);
  });

  it.each([
    ['8E1', CR1_8E1, { parity: 'even', stopBits: 1 }],
    ['8O1', CR1_8E1 | CR1.PS, { parity: 'odd', stopBits: 1 }],
    ['8N1', 0, { parity: 'none', stopBits: 1 }],
  ])('%s characters leave back to back at the exact rate of the divider', (_, cr1, expected) => {
    const bench = serialBench();
    enable(bench.usart1, 6667, 0, cr1);
    const sent = new Random(3).fill(new Uint8Array(30));
    const last = send(bench, sent, 1e6);
    bench.usart1.sync(last + 1e6);
    expect(bytesOf(bench)).toEqual([...sent]);
    let due = 1e6;
    for (const { run } of bench.heard) {
      expect(run.format).toEqual({ baudRate: 64e6 / 6667, ...expected });
      expect(run.startTick).toBeCloseTo(due, 4);
      due = run.startTick + run.bytes.length * characterTicks(run.format);
    }
  });

  it('the first character after TE waits for an idle frame', () => {
    const bench = serialBench();
    enable(bench.usart1, 640, 500);
    bench.usart1.write(USART.TDR, 4, 1, 510);
    bench.usart1.sync(1e5);
    expect(bench.heard[0]?.run.startTick).toBe(500 + READY);
  });

  it('rarely looked at, a burst becomes one run', () => {
    const bench = serialBench();
    enable(bench.usart1, 640, 0, CR1_8E1 | CR1.FIFOEN);
    for (let byte = 0; byte < 16; byte++) bench.usart1.write(USART.TDR, 4, byte, 1e5);
    bench.usart1.sync(1e6);
    expect(bench.heard.map(({ run }) => [run.startTick, run.bytes.length])).toEqual([[1e5, 16]]);
  });

  it('two stop bits make the frame longer', () => {
    const bench = serialBench();
    bench.usart1.write(USART.CR2, 4, 2 << 12, 0);
    enable(bench.usart1, 640, 0, CR1_8E1 | CR1.FIFOEN);
    for (const byte of [1, 2]) bench.usart1.write(USART.TDR, 4, byte, 1e5);
    bench.usart1.sync(1e5 + 24 * 640 - 1);
    expect(bytesOf(bench)).toEqual([1]);
    bench.usart1.sync(1e5 + 24 * 640);
    expect(bytesOf(bench)).toEqual([1, 2]);
    expect(bench.heard[0]?.run.format.stopBits).toBe(2);
  });

  it('7E1 looks like 8N1 with the parity in bit 7', () => {
    const bench = serialBench();
    enable(bench.usart1, 640, 0, CR1.PCE | CR1.FIFOEN);
    for (const byte of [0x01, 0x83]) bench.usart1.write(USART.TDR, 4, byte, 1e5);
    bench.usart1.sync(1e6);
    expect(bytesOf(bench)).toEqual([0x81, 0x03]);
    expect(bench.heard[0]?.run.format.parity).toBe('none');
  });

  it('the far end of its own line receives it', () => {
    const bench = serialBench();
    enable(bench.usart1, 556, 0, CR1_8E1 | CR1.FIFOEN);
    enable(bench.usart2, 556);
    bench.usart1.onLineOut = (_, run) => bench.usart2.lineIn('PA3', run);
    const sent = [0x00, 0xff, 0x79, 0x1f];
    for (const byte of sent) bench.usart1.write(USART.TDR, 4, byte, 1e5);
    bench.usart1.sync(1e6);
    expect(receiveUntil(bench.usart2, 1e6).map(({ word }) => word & 0xff)).toEqual(sent);
    expect(bench.names()).toEqual([]);
  });
});

describe('flags', () => {
  it('without FIFO: TXE falls while TDR waits for the shift register, TC rises with the last stop bit', () => {
    const { usart1 } = serialBench();
    enable(usart1, 640);
    const flagsAt = (tick: number): number => status(usart1, tick) & (ISR.TXE | ISR.TC);
    usart1.write(USART.TDR, 4, 1, 1e5);
    expect(flagsAt(1e5)).toBe(ISR.TXE);
    usart1.write(USART.TDR, 4, 2, 1e5);
    expect(flagsAt(1e5)).toBe(0);
    expect(flagsAt(1e5 + READY - 1)).toBe(0);
    expect(flagsAt(1e5 + READY)).toBe(ISR.TXE);
    expect(flagsAt(1e5 + 2 * READY - 1)).toBe(ISR.TXE);
    expect(flagsAt(1e5 + 2 * READY)).toBe(ISR.TXE | ISR.TC);
    usart1.write(USART.ICR, 4, ISR.TC, 1e6);
    expect(flagsAt(1e6)).toBe(ISR.TXE);
  });

  it('with FIFO: sixteen places behind the shift register, TXFE when all are free', () => {
    const { usart1, names } = serialBench();
    enable(usart1, 640, 0, CR1_8E1 | CR1.FIFOEN);
    const flagsAt = (tick: number): number => status(usart1, tick) & (ISR.TXE | ISR.TXFE);
    for (let byte = 0; byte < 16; byte++) usart1.write(USART.TDR, 4, byte, 1e5);
    expect(flagsAt(1e5)).toBe(ISR.TXE);
    usart1.write(USART.TDR, 4, 16, 1e5);
    expect(flagsAt(1e5)).toBe(0);
    expect(names()).toEqual([]);
    expect(flagsAt(1e5 + 16 * READY - 1)).toBe(ISR.TXE);
    expect(flagsAt(1e5 + 16 * READY)).toBe(ISR.TXE | ISR.TXFE);
  });

  it('TEACK and REACK follow TE and RE only while UE is set', () => {
    const { usart1 } = serialBench();
    usart1.write(USART.CR1, 4, CR1.TE | CR1.RE, 0);
    expect(status(usart1, 1) & (ISR.TEACK | ISR.REACK)).toBe(0);
    enable(usart1, 640, 2);
    expect(status(usart1, 3) & (ISR.TEACK | ISR.REACK)).toBe(ISR.TEACK | ISR.REACK);
  });

  it('TXFRQ drops what waits, not what is on the line', () => {
    const bench = serialBench();
    enable(bench.usart1, 640, 0, CR1_8E1 | CR1.FIFOEN);
    for (const byte of [1, 2, 3]) bench.usart1.write(USART.TDR, 4, byte, 1e5);
    bench.usart1.write(USART.RQR, 4, RQR.TXFRQ, 1e5 + 10);
    bench.usart1.sync(1e6);
    expect(bytesOf(bench)).toEqual([1]);
  });
});

describe('pins', () => {
  it('characters leave on every pin that is switched to the function, and on none if none is', () => {
    const bench = serialBench();
    enable(bench.usart1, 640);
    send(bench, [1], 1e5);
    bench.usart1.sync(2e5);
    bench.pins.add('PB14:4');
    send(bench, [2], 2e5);
    bench.usart1.sync(3e5);
    bench.pins.clear();
    send(bench, [3], 3e5);
    bench.usart1.sync(4e5);
    expect([bytesOf(bench, 'PA9'), bytesOf(bench, 'PB14')]).toEqual([[1, 2], [2]]);
    expect(status(bench.usart1, 4e5) & ISR.TC).toBe(ISR.TC);
    expect(bench.names()).toContain('usart-no-tx-pin');
  });
});

describe('laziness', () => {
  it('the line is the same whether time passes in small steps or in leaps', () => {
    const outcome = (step: (random: Random) => number): unknown => {
      const bench = serialBench();
      const random = new Random(5);
      enable(bench.usart1, 37, 0, CR1_8E1 | CR1.FIFOEN);
      let byte = 0;
      for (const at of [1000.3, 5000.7, 5100.1, 9000.9]) {
        for (let tick = at - 900; tick < at; tick += step(random)) bench.usart1.sync(tick);
        for (let count = 0; count < 10; count++) bench.usart1.write(USART.TDR, 4, byte++, at);
      }
      for (let tick = 9001; tick < 20_000; tick += step(random)) bench.usart1.sync(tick);
      bench.usart1.sync(20_000);
      const characters = bench.heard.flatMap(({ run }) =>
        [...run.bytes].map((value, index) => `${value} at ${(run.startTick + index * characterTicks(run.format)).toFixed(6)}`));
      return { characters, isr: status(bench.usart1, 20_000) };
    };
    const reference = outcome(() => 7.3);
    expect(outcome(() => 1e6)).toEqual(reference);
    expect(outcome((random) => 1 + random.below(700))).toEqual(reference);
  });
});
