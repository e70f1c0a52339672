/** Hardware auto-baud on the real waveform: the character it was made for, the wrong one, and a start in the middle. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { CR1, CR2, ISR, RQR, USART } from '../../../host/board/chip/usart-registers.js';
import type { SerialBench } from './serial-bench.js';
import { CR1_8E1, readAll, run, serialBench, status } from './serial-bench.js';

const MODE_7F = 2 << 21;

/** Armed at `tick`, with the BRR that the manual asks for before: anything but 0. */
function arm(bench: SerialBench, tick = 0, mode = MODE_7F, cr1 = CR1_8E1): void {
  bench.usart1.write(USART.BRR, 4, 0x1000, tick);
  bench.usart1.write(USART.CR2, 4, CR2.ABREN | mode, tick);
  bench.usart1.write(USART.CR1, 4, cr1 | CR1.UE | CR1.RE, tick);
}

const brr = ({ usart1 }: SerialBench, tick: number): number => usart1.read(USART.BRR, 4, tick);
const outcome = ({ usart1 }: SerialBench, tick: number): number => status(usart1, tick) & (ISR.ABRF | ISR.ABRE | ISR.FE | ISR.PE | ISR.RXNE);

describe('0x7F', () => {
  it.each([
    [1200, 53_333],
    [9600, 6667],
    [115_200, 556],
    [460_800, 139],
    [921_600, 69],
    [2_000_000, 32],
    [4_000_000, 16],
  ])('sets BRR at %i baud, and the next bytes come through', (baudRate, expected) => {
    const bench = serialBench();
    arm(bench);
    const character = (11 * 64e6) / baudRate;
    bench.usart1.lineIn('PA10', run([0x7f], 1000, baudRate));
    const completesAt = 1000 + (10 + 9.5 / 16) * expected;
    expect(outcome(bench, completesAt - 1)).toBe(0);
    expect(brr(bench, completesAt - 1)).toBe(0x1000);
    expect(outcome(bench, completesAt + 1)).toBe(ISR.ABRF | ISR.RXNE);
    expect(brr(bench, completesAt + 1)).toBe(expected);
    expect(readAll(bench.usart1, completesAt + 1)).toEqual([0x17f]);
    bench.usart1.lineIn('PA10', run([0x31], 1000 + 3 * character, baudRate));
    expect(readAll(bench.usart1, 1000 + 5 * character)).toEqual([0x131]);
    expect(bench.names()).toEqual([]);
  });

  it('from an 8N1 converter passes for 8E1: the stop bit is its parity', () => {
    const bench = serialBench();
    arm(bench);
    bench.usart1.lineIn('PA10', run([0x7f], 0, 115_200, 'none'));
    expect(outcome(bench, 1e5)).toBe(ISR.ABRF | ISR.RXNE);
    expect(brr(bench, 1e5)).toBe(556);
  });

  it('with 8 samples per bit, encodes the divider as OVER8 wants it', () => {
    const bench = serialBench();
    arm(bench, 0, MODE_7F, CR1_8E1 | CR1.OVER8);
    bench.usart1.lineIn('PA10', run([0x7f], 0, 115_200));
    // 128 MHz / 115200 = 1111 = 0x457: the low digit is stored shifted right.
    expect(brr(bench, 1e5)).toBe(0x453);
  });

  it('out of range is ABRE, and BRR stays', () => {
    const bench = serialBench();
    arm(bench);
    bench.usart1.lineIn('PA10', run([0x7f], 0, 4_400_000));
    expect(outcome(bench, 1e5) & (ISR.ABRF | ISR.ABRE)).toBe(ISR.ABRF | ISR.ABRE);
    expect(brr(bench, 1e5)).toBe(0x1000);

    const slow = serialBench();
    arm(slow);
    slow.usart1.lineIn('PA10', run([0x7f], 0, 900));
    expect(outcome(slow, 4e6) & (ISR.ABRF | ISR.ABRE)).toBe(ISR.ABRF | ISR.ABRE);
    expect(brr(slow, 4e6)).toBe(0x1000);
  });
});

describe('a wrong first byte', () => {
  it.each([
    ['0x79', 139, 'falls again after two bits, not eight'],
    ['0x00', 5556, 'nine bits and a parity bit of low'],
    ['0xFE', 1111, 'two bits of low'],
    ['0xFF', 556, 'no falling edge where bit 7 of 0x7F has one'],
  ])('%s latches a divider of %i with ABRE: %s', (byte, expected) => {
    const bench = serialBench();
    arm(bench);
    bench.usart1.lineIn('PA10', run([Number(byte)], 0, 115_200));
    expect(outcome(bench, 2e5) & (ISR.ABRF | ISR.ABRE | ISR.FE | ISR.RXNE)).toBe(ISR.ABRF | ISR.ABRE | ISR.FE | ISR.RXNE);
    expect(brr(bench, 2e5)).toBe(expected);
  });

  it('leaves a wrong rate that garbles what follows', () => {
    const bench = serialBench();
    arm(bench, 0, MODE_7F, CR1_8E1 | CR1.FIFOEN);
    bench.usart1.lineIn('PA10', run([0x79], 0, 115_200));
    expect(brr(bench, 1e5)).toBe(139);
    readAll(bench.usart1, 1e5);
    bench.usart1.lineIn('PA10', run([0x7f, 0x7f, 0x7f], 1e5, 115_200));
    expect(readAll(bench.usart1, 3e5).map((word) => word & 0xff)).not.toContain(0x7f);
    expect(bench.names()).toEqual(['usart-baud-mismatch']);
  });
});

describe('arming', () => {
  it('in the middle of 0x7F measures from bit 7 on, and fails', () => {
    const bench = serialBench();
    bench.usart1.lineIn('PA10', run([0x7f], 0, 100_000));
    arm(bench, 3 * 640);
    expect(outcome(bench, 1e5) & (ISR.ABRF | ISR.ABRE)).toBe(ISR.ABRF | ISR.ABRE);
    // Bit 7 is one bit low; parity and stop follow high.
    expect(brr(bench, 1e5)).toBe(640);
  });

  it('ABRRQ clears ABRF and ABRE and measures the next character', () => {
    const bench = serialBench();
    arm(bench);
    bench.usart1.lineIn('PA10', run([0xfe], 0, 115_200));
    expect(outcome(bench, 1e5) & ISR.ABRE).toBe(ISR.ABRE);
    bench.usart1.write(USART.RQR, 4, RQR.ABRRQ | RQR.RXFRQ, 1e5);
    bench.usart1.write(USART.ICR, 4, ISR.FE | ISR.PE | ISR.NE, 1e5);
    expect(outcome(bench, 1e5)).toBe(0);
    bench.usart1.lineIn('PA10', run([0x7f], 2e5, 57_600));
    expect(outcome(bench, 3e5)).toBe(ISR.ABRF | ISR.RXNE);
    expect(brr(bench, 3e5)).toBe(1111);
  });

  it('without ABRRQ a finished measurement is not repeated', () => {
    const bench = serialBench();
    arm(bench);
    bench.usart1.lineIn('PA10', run([0x7f], 0, 115_200));
    expect(readAll(bench.usart1, 1e5)).toEqual([0x17f]);
    bench.usart1.write(USART.CR2, 4, MODE_7F, 1e5);
    bench.usart1.write(USART.CR2, 4, CR2.ABREN | MODE_7F, 1e5);
    bench.usart1.lineIn('PA10', run([0x7f], 2e5, 57_600));
    status(bench.usart1, 4e5);
    expect(brr(bench, 4e5)).toBe(556);
    expect(bench.names()).toContain('usart-baud-mismatch');
  });
});

describe('laziness', () => {
  it.each([0x7f, 0x79, 0xff, 0x00])('byte %i latches the same at the same time however time is sliced', (byte) => {
    const outcome = (step: (random: Random) => number): unknown => {
      const bench = serialBench();
      const random = new Random(byte);
      bench.usart1.lineIn('PA10', run([0x5a, byte], 100.3, 115_200));
      bench.usart1.lineIn('PA10', run([byte, 0x31], 30_000.7, 115_200));
      arm(bench, 3000);
      for (let tick = 3001; tick < 60_000; tick += step(random)) bench.usart1.sync(tick);
      return { brr: brr(bench, 60_000), isr: status(bench.usart1, 60_000), words: readAll(bench.usart1, 60_000), seen: bench.violations.seen };
    };
    const reference = outcome(() => 7.3);
    expect(outcome(() => 1e6)).toEqual(reference);
    expect(outcome((random) => 1 + random.below(5000))).toEqual(reference);
  });
});

describe('the other modes', () => {
  it.each([
    ['the start bit', 0, 0x01, 556],
    ['the start bit and a 1 before a 0', 1, 0x55, 556],
    ['0x55', 3, 0x55, 556],
  ])('measure %s', (_, mode, byte, expected) => {
    const bench = serialBench();
    arm(bench, 0, mode << 21);
    bench.usart1.lineIn('PA10', run([byte], 0, 115_200));
    expect(outcome(bench, 1e5)).toBe(ISR.ABRF | ISR.RXNE);
    expect(brr(bench, 1e5)).toBe(expected);
    expect(readAll(bench.usart1, 1e5).map((word) => word & 0xff)).toEqual([byte]);
  });

  it('0x55 mode refuses 0x7F', () => {
    const bench = serialBench();
    arm(bench, 0, 3 << 21);
    bench.usart1.lineIn('PA10', run([0x7f], 0, 115_200));
    expect(outcome(bench, 1e5) & ISR.ABRE).toBe(ISR.ABRE);
  });
});
