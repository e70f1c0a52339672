/** Reception: what a receiver makes of a line that fits, of one that does not, and of silence. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { CR1, CR2, CR3, ISR, RQR, USART } from '../../../host/board/chip/usart-registers.js';
import { CR1_8E1, enable, readAll, receiveUntil, run, serialBench, status } from './serial-bench.js';

const BRR_115200 = 556;
const ERRORS = ISR.PE | ISR.FE | ISR.NE | ISR.ORE;

describe('a line that fits', () => {
  it.each([
    [9600, 6667],
    [115_200, 556],
    [921_600, 69],
    [2_000_000, 32],
  ])('passes bytes unharmed at %i baud, each complete at the third sample of its stop bit', (baudRate, brr) => {
    const { usart1, names } = serialBench();
    enable(usart1, brr);
    const bytes = new Random(baudRate).fill(new Uint8Array(40));
    usart1.lineIn('PA10', run(bytes, 1000.25, baudRate));
    const received = receiveUntil(usart1, 1e9);
    expect(received.map(({ word }) => word & 0xff)).toEqual([...bytes]);
    expect(received.every(({ isr }) => (isr & ERRORS) === 0)).toBe(true);
    for (const [index, { tick }] of received.entries()) {
      expect(tick).toBeCloseTo(1000.25 + (index * 11 * 64e6) / baudRate + (10 + 9.5 / 16) * brr, 5);
    }
    expect(names()).toEqual([]);
  });

  it('shows the parity bit in bit 8 of RDR', () => {
    const { usart1 } = serialBench();
    enable(usart1, BRR_115200);
    usart1.lineIn('PA10', run([0x01, 0x03], 0, 115_200));
    expect(receiveUntil(usart1, 1e6).map(({ word }) => word)).toEqual([0x101, 0x003]);
  });

  it('receives with 8 samples per bit at a rate that 16 cannot reach', () => {
    const { usart1, names } = serialBench();
    // USARTDIV 16 with OVER8: 128 MHz / 16 = 8 Mbaud.
    enable(usart1, 0x10, 0, CR1_8E1 | CR1.OVER8);
    usart1.lineIn('PA10', run([0x12, 0x34], 0, 8_000_000));
    expect(receiveUntil(usart1, 1e6).map(({ word, tick }) => [word & 0xff, tick])).toEqual([[0x12, 10 * 8 + 5.5], [0x34, 21 * 8 + 5.5]]);
    expect(names()).toEqual([]);
  });

  it('divides its clock by PRESC', () => {
    const { usart1, names } = serialBench();
    usart1.write(USART.PRESC, 4, 2, 0);
    enable(usart1, 139);
    usart1.lineIn('PA10', run([0x55], 0, 115_200));
    expect(receiveUntil(usart1, 1e6).map(({ word }) => word)).toEqual([0x55]);
    expect(names()).toEqual([]);
  });

  it.each([
    ['16 samples, 9-bit word', CR1_8E1, 'even', 3.02, 3.04],
    ['16 samples, 8-bit word', 0, 'none', 3.32, 3.34],
    ['8 samples, 9-bit word', CR1_8E1 | CR1.OVER8, 'even', 1.81, 1.83],
    ['8 samples, 8-bit word', CR1.OVER8, 'none', 1.99, 2.01],
  ] as const)('tolerates a deviation as the tables say: %s', (_, cr1, parity, inside, outside) => {
    for (const [percent, expected] of [[inside, []], [-inside, []], [outside, ['usart-baud-mismatch']], [-outside, ['usart-baud-mismatch']]] as const) {
      const { usart1, names } = serialBench();
      enable(usart1, 640, 0, cr1);
      const ownBaud = (cr1 & CR1.OVER8) === 0 ? 100_000 : 200_000;
      usart1.lineIn('PA10', run([0xa5, 0x5a], 0, ownBaud / (1 + percent / 100), parity));
      expect(receiveUntil(usart1, 1e6).map(({ word }) => word & 0xff)).toEqual([0xa5, 0x5a]);
      expect(names()).toEqual(expected);
    }
  });

  it('raises BUSY from the start bit until the character is complete', () => {
    const { usart1 } = serialBench();
    enable(usart1, 640);
    usart1.lineIn('PA10', run([0x00], 1000, 100_000));
    const completesAt = 1000 + (10 + 9.5 / 16) * 640;
    const busyAt = (tick: number): boolean => (status(usart1, tick) & ISR.BUSY) !== 0;
    expect([busyAt(999), busyAt(1000), busyAt(completesAt - 1), busyAt(completesAt)]).toEqual([false, true, true, false]);
  });
});

describe('room', () => {
  it('without FIFO: the second unread character is lost and the first one stays', () => {
    const { usart1, names, violations } = serialBench();
    enable(usart1, 640);
    usart1.lineIn('PA10', run([0x11, 0x22, 0x33], 0, 100_000));
    expect(status(usart1, 1e6) & ISR.ORE).toBe(ISR.ORE);
    expect(readAll(usart1, 1e6)).toEqual([0x11]);
    expect(names()).toEqual(['usart-overrun']);
    expect(violations.seen[0]?.tick).toBeCloseTo(21 * 640 + 9.5 * 40, 6);
  });

  it('with FIFO: sixteen characters fit, the seventeenth is lost', () => {
    const { usart1, names } = serialBench();
    enable(usart1, 640, 0, CR1_8E1 | CR1.FIFOEN);
    const bytes = Array.from({ length: 17 }, (_, index) => index * 3);
    usart1.lineIn('PA10', run(bytes, 0, 100_000));
    const sixteenth = (15 * 11 + 10 + 9.5 / 16) * 640;
    expect(status(usart1, sixteenth - 1) & ISR.RXFF).toBe(0);
    expect(status(usart1, sixteenth) & (ISR.RXFF | ISR.ORE)).toBe(ISR.RXFF);
    expect(status(usart1, 1e6) & ISR.ORE).toBe(ISR.ORE);
    expect(names()).toEqual(['usart-overrun']);
    expect(readAll(usart1, 1e6).map((word) => word & 0xff)).toEqual(bytes.slice(0, 16));
    usart1.write(USART.ICR, 4, ISR.ORE, 1e6);
    expect(status(usart1, 1e6) & (ISR.ORE | ISR.RXNE)).toBe(0);
  });

  it('with OVRDIS: the newest character replaces the unread one without a word', () => {
    const { usart1, names } = serialBench();
    usart1.write(USART.CR3, 4, CR3.OVRDIS, 0);
    enable(usart1, 640);
    usart1.lineIn('PA10', run([0x11, 0x22, 0x33], 0, 100_000));
    expect(readAll(usart1, 1e6)).toEqual([0x33]);
    expect(names()).toEqual([]);
  });

  it('RXFRQ empties the FIFO', () => {
    const { usart1 } = serialBench();
    enable(usart1, 640, 0, CR1_8E1 | CR1.FIFOEN);
    usart1.lineIn('PA10', run([1, 2, 3], 0, 100_000));
    expect(status(usart1, 1e6) & ISR.RXNE).toBe(ISR.RXNE);
    usart1.write(USART.RQR, 4, RQR.RXFRQ, 1e6);
    expect(status(usart1, 1e6) & ISR.RXNE).toBe(0);
  });

  it('UE = 0 clears flags and FIFO', () => {
    const { usart1 } = serialBench();
    enable(usart1, 640);
    usart1.lineIn('PA10', run([1, 2], 0, 100_000));
    status(usart1, 1e6);
    usart1.write(USART.CR1, 4, CR1_8E1, 1e6);
    expect(status(usart1, 1e6)).toBe(ISR.TC | ISR.TXE);
  });
});

describe('a deaf receiver', () => {
  const deafness: readonly (readonly [string, (bench: ReturnType<typeof serialBench>) => void, accusations: readonly string[]])[] = [
    ['not muxed', ({ pins }) => pins.delete('PA10:7'), ['usart-no-rx-pin']],
    ['muxed to another function', ({ pins }) => void (pins.delete('PA10:7'), pins.add('PA10:4')), ['usart-no-rx-pin']],
    ['not clocked', ({ clocksOff }) => clocksOff.add('USART1'), []],
    ['without a kernel clock', (bench) => (bench.kernelHz = 0), []],
    ['with RE = 0', ({ usart1 }) => usart1.write(USART.CR1, 4, CR1_8E1 | CR1.UE | CR1.TE, 0), []],
  ];
  it.each(deafness)('%s: the bytes are lost', (_, makeDeaf, accusations) => {
    const bench = serialBench();
    enable(bench.usart1, 640);
    bench.usart1.sync(0);
    makeDeaf(bench);
    bench.usart1.lineIn('PA10', run([1, 2, 3], 0, 100_000));
    expect(bench.usart1.nextChange(10)).toBe(Infinity);
    expect(status(bench.usart1, 1e6) & (ISR.RXNE | ISR.BUSY)).toBe(0);
    bench.usart1.sync(1e6);
    bench.pins.add('PA10:7');
    bench.clocksOff.clear();
    bench.kernelHz = 64_000_000;
    expect(status(bench.usart1, 2e6) & ISR.RXNE).toBe(0);
    expect(bench.names()).toEqual(accusations);
  });

  it('hears only the pin whose alternate function is its own', () => {
    const { usart1, pins } = serialBench();
    pins.delete('PA10:7');
    pins.add('PB15:4');
    enable(usart1, 640);
    usart1.lineIn('PA10', run([0x0a], 0, 100_000));
    usart1.lineIn('PB15', run([0x0b], 0, 100_000));
    expect(receiveUntil(usart1, 1e6).map(({ word }) => word)).toEqual([0x10b]);
  });

  it('enabled in the middle of a character takes the next falling edge for a start bit', () => {
    const { usart1 } = serialBench();
    usart1.lineIn('PA10', run([0xfd, 0xff], 0, 100_000));
    usart1.lineIn('PA10', run([0x42], 40 * 640, 100_000));
    enable(usart1, 640, 1.5 * 640);
    // Bit 1 of 0xFD is its only 0; the start bit of 0xFF ends that frame as its ninth bit, and the parity bit of 0xFF begins another.
    expect(receiveUntil(usart1, 1e6).map(({ word, isr }) => [word, isr & ERRORS])).toEqual([[0x0ff, 0], [0x1ff, ISR.PE], [0x042, 0]]);
  });

  it('enabled while the line is low waits for it to rise first', () => {
    const { usart1 } = serialBench();
    usart1.lineIn('PA10', run([0xf8, 0xa5], 0, 100_000));
    enable(usart1, 640, 2.5 * 640);
    expect(receiveUntil(usart1, 1e6).map(({ word }) => word)).toEqual([0x0a5]);
  });
});

describe('a line that does not fit', () => {
  it('8N1 against 8E1: bytes of odd weight pass alone and fail back to back', () => {
    const cases = [
      { bytes: [0x7f], gapBits: 0, passes: true },
      { bytes: [0x79], gapBits: 0, passes: true },
      { bytes: [0x02, 0xfd], gapBits: 5, passes: true },
      { bytes: [0x00, 0xff], gapBits: 5, passes: false },
      { bytes: [0x02, 0xfd], gapBits: 0, passes: false },
      { bytes: [0x00, 0xff], gapBits: 0, passes: false },
    ];
    for (const { bytes, gapBits, passes } of cases) {
      const { usart1, names } = serialBench();
      enable(usart1, 640);
      for (const [index, byte] of bytes.entries()) usart1.lineIn('PA10', run([byte], 1000 + index * (10 + gapBits) * 640, 100_000, 'none'));
      const received = receiveUntil(usart1, 1e6);
      const isUnharmed = received.length === bytes.length && received.every(({ word, isr }, index) => (word & 0xff) === bytes[index] && (isr & ERRORS) === 0);
      expect({ bytes, gapBits, passes: isUnharmed }).toEqual({ bytes, gapBits, passes });
      expect(names()).toEqual(['usart-frame-mismatch']);
    }
  });

  it('8N1 of even weight against 8E1 is a parity error, a start bit in the stop slot a framing error', () => {
    const { usart1 } = serialBench();
    enable(usart1, 640);
    usart1.lineIn('PA10', run([0x03], 0, 100_000, 'none'));
    usart1.lineIn('PA10', run([0x01, 0x00], 20 * 640, 100_000, 'none'));
    const [even, odd] = receiveUntil(usart1, 1e6);
    expect([even?.word, (even?.isr ?? 0) & ERRORS]).toEqual([0x103, ISR.PE]);
    expect([odd?.word, (odd?.isr ?? 0) & ERRORS]).toEqual([0x101, ISR.FE]);
  });

  it('8E1 against an 8N1 receiver: the parity bit lands in the stop slot', () => {
    const { usart1, names } = serialBench();
    enable(usart1, 640, 0, 0);
    usart1.lineIn('PA10', run([0x01], 0, 100_000));
    usart1.lineIn('PA10', run([0x03], 20 * 640, 100_000));
    const [odd, even] = receiveUntil(usart1, 1e6);
    expect([odd?.word, (odd?.isr ?? 0) & ERRORS]).toEqual([0x01, 0]);
    expect([even?.word, (even?.isr ?? 0) & ERRORS]).toEqual([0x03, ISR.FE]);
    expect(names()).toEqual(['usart-frame-mismatch']);
  });

  it('even against odd parity: right bits, PE on every character', () => {
    const { usart1, names } = serialBench();
    enable(usart1, 640, 0, CR1_8E1 | CR1.PS);
    usart1.lineIn('PA10', run([0x12, 0x34, 0xff], 0, 100_000));
    expect(receiveUntil(usart1, 1e6).map(({ word, isr }) => [word & 0xff, isr & ERRORS])).toEqual([[0x12, ISR.PE], [0x34, ISR.PE], [0xff, ISR.PE]]);
    expect(names()).toEqual(['usart-frame-mismatch']);
  });

  it('twice the bit rate of the sender reads each bit twice', () => {
    const { usart1, names } = serialBench();
    enable(usart1, 320, 0, 0);
    usart1.lineIn('PA10', run([0b0000_0101], 0, 100_000, 'none'));
    // On the line, in half bits after the start bit's first: 0 11 00 11 0 | stop slot in the middle of the zeros.
    const [first] = receiveUntil(usart1, 1e6);
    expect(first?.word).toBe(0b0110_0110);
    expect((first?.isr ?? 0) & ISR.FE).toBe(ISR.FE);
    expect(names()).toEqual(['usart-baud-mismatch']);
  });

  it('half the bit rate of the sender garbles, and a spike is no start bit', () => {
    const { usart1, names } = serialBench();
    enable(usart1, 1280);
    usart1.lineIn('PA10', run([0x55, 0x00, 0x31], 0, 100_000));
    expect(receiveUntil(usart1, 1e6).map(({ word }) => word & 0xff)).not.toEqual([0x55, 0x00, 0x31]);
    expect(names()).toEqual(['usart-baud-mismatch']);

    const slow = serialBench();
    enable(slow.usart1, 6400);
    slow.usart1.lineIn('PA10', run([0xff], 0, 100_000));
    expect(receiveUntil(slow.usart1, 1e6)).toEqual([]);
  });

  it('an edge within the three samples of a bit is noise', () => {
    const { usart1 } = serialBench();
    // The sender is 5.5 % fast: at bit 8 its edge falls among the receiver's samples.
    enable(usart1, 640);
    usart1.lineIn('PA10', run([0x55], 0, 105_500));
    const [character] = receiveUntil(usart1, 1e6);
    expect((character?.isr ?? 0) & ISR.NE).toBe(ISR.NE);
  });
});

describe('silence', () => {
  it('IDLE rises one frame after the last stop bit, once per silence', () => {
    const { usart1 } = serialBench();
    enable(usart1, 640);
    usart1.lineIn('PA10', run([0x42, 0x43], 20_000, 100_000));
    expect(status(usart1, 11 * 640 - 1) & ISR.IDLE).toBe(0);
    expect(status(usart1, 11 * 640) & ISR.IDLE).toBe(ISR.IDLE);
    usart1.write(USART.ICR, 4, ISR.IDLE, 19_000);
    const idleAt = 20_000 + 3 * 11 * 640;
    expect(status(usart1, idleAt - 1) & ISR.IDLE).toBe(0);
    expect(status(usart1, idleAt) & ISR.IDLE).toBe(ISR.IDLE);
    usart1.write(USART.ICR, 4, ISR.IDLE, idleAt);
    expect(status(usart1, 1e7) & ISR.IDLE).toBe(0);
  });

  it('RTOF rises RTOR bit times after the last stop bit', () => {
    const { usart1 } = serialBench();
    usart1.write(USART.CR2, 4, CR2.RTOEN, 0);
    usart1.write(USART.RTOR, 4, 40, 0);
    enable(usart1, 640);
    usart1.lineIn('PA10', run([0x42], 0, 100_000));
    const dueAt = (11 + 40) * 640;
    expect(status(usart1, dueAt - 1) & ISR.RTOF).toBe(0);
    expect(status(usart1, dueAt) & ISR.RTOF).toBe(ISR.RTOF);
    usart1.write(USART.ICR, 4, ISR.RTOF, dueAt);
    expect(status(usart1, 1e7) & ISR.RTOF).toBe(0);
  });
});

describe('laziness', () => {
  it.each([115_200, 118_000, 60_000])('a line at %i baud gives the same whether time passes in small steps or in one leap', (baudRate) => {
    const outcome = (steps: (random: Random) => number): unknown => {
      const bench = serialBench();
      const random = new Random(7);
      enable(bench.usart1, BRR_115200, 0, CR1_8E1 | CR1.FIFOEN);
      bench.usart1.lineIn('PA10', run(random.fill(new Uint8Array(12)), 777.7, baudRate));
      bench.usart1.lineIn('PA10', run([0x7f], 90_000.1, baudRate));
      for (let tick = 0; tick < 200_000; tick += steps(random)) bench.usart1.sync(tick);
      return { isr: status(bench.usart1, 200_000), words: readAll(bench.usart1, 200_000), seen: bench.violations.seen };
    };
    const reference = outcome(() => 7.3);
    expect(outcome(() => 1e6)).toEqual(reference);
    expect(outcome((random) => 1 + random.below(9000))).toEqual(reference);
  });
});
