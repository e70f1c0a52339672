/** What a cut leaves in flash: every way in which an interrupted flash word can read, and that nobody may rely on one of them. */
import { describe, expect, it } from 'vitest';
import { BusFault } from '../../../host/board/cpu/bus.js';
import { msToTicks, TICKS_PER_US } from '../../../host/board/time.js';
import { ChipBench, CR, DBECCERR, PG, SER, SNECCERR, SR, START, X64, sector, storeWord, unlock, waitQueue } from './chip-bench.js';

const FIRST = 0x08000000;
const OLD_BYTE = 0x5a;

/** How one read came out. */
type Outcome = 'old' | 'new' | 'mixed' | 'fault';

function outcome(bench: ChipBench, address: number, old: number, intended: number): Outcome {
  try {
    const value = bench.read(address);
    return value === old ? 'old' : value === intended ? 'new' : 'mixed';
  } catch (error) {
    if (!(error instanceof BusFault)) throw error;
    return 'fault';
  }
}

/** A word whose program operation was cut off at a fraction of its 100 µs. */
function cutProgram(seed: number, fraction: number): ChipBench {
  const bench = new ChipBench({ seed });
  unlock(bench);
  bench.write(CR, PG | X64);
  storeWord(bench, FIRST, 0x12340000);
  bench.tick += Math.floor(100 * TICKS_PER_US * fraction);
  expect(bench.bus.flashController.abort(bench.tick)).toBe(true);
  bench.bus.resetPeripherals();
  return bench;
}

/** A sector of old content whose erase was cut off at a fraction of its second. */
function cutErase(seed: number, fraction: number): ChipBench {
  const bench = new ChipBench({ seed });
  bench.bus.flash.load(new Uint8Array(2 * 1024 * 1024).fill(OLD_BYTE));
  unlock(bench);
  bench.write(CR, SER | X64 | sector(2));
  bench.write(CR, SER | X64 | sector(2) | START);
  bench.tick += Math.floor(msToTicks(1000) * fraction);
  bench.bus.flashController.abort(bench.tick);
  bench.bus.resetPeripherals();
  return bench;
}

describe('a flash word whose programming was cut off half-way', () => {
  it('reads old, new, mixed or as a bus fault, differently from read to read', () => {
    const seen = new Set<Outcome>();
    const flags = new Set<number>();
    const bench = cutProgram(3, 0.5);
    for (let read = 0; read < 200; read++) {
      seen.add(outcome(bench, FIRST, 0xffffffff, 0x12340000));
      flags.add(bench.read(SR) & (SNECCERR | DBECCERR));
      bench.write(SR + 4, SNECCERR | DBECCERR);
    }
    expect(seen).toEqual(new Set(['old', 'new', 'mixed', 'fault']));
    expect(flags).toEqual(new Set([0, SNECCERR, DBECCERR]));
  });

  it('reads the same sequence for the same seed and another one for another', () => {
    const sequence = (seed: number): readonly Outcome[] => {
      const bench = cutProgram(seed, 0.5);
      return Array.from({ length: 40 }, () => outcome(bench, FIRST, 0xffffffff, 0x12340000));
    };
    expect(sequence(5)).toEqual(sequence(5));
    expect(sequence(5)).not.toEqual(sequence(6));
  });

  it('leaves its neighbours alone, and its 64 KiB are not open for direct reads, but the others are', () => {
    const bench = cutProgram(1, 0.5);
    expect(bench.read(FIRST + 32)).toBe(0xffffffff);
    expect(bench.bus.flash.regions.slice(0, 3).map(({ readable }) => readable)).toEqual([false, true, true]);
    expect(bench.bus.flash.stateAt(FIRST + 32)).toBe('erased');
  });

  it('must be erased before it is programmed again', () => {
    const bench = cutProgram(1, 0.5);
    unlock(bench);
    bench.write(CR, PG | X64);
    storeWord(bench, FIRST, 0x12340000);
    expect(bench.seen).toEqual(['flash-word-not-erased']);
    waitQueue(bench);
    bench.write(CR, SER | X64);
    bench.write(CR, SER | X64 | START);
    waitQueue(bench);
    bench.write(CR, PG | X64);
    storeWord(bench, FIRST, 0x56780000);
    waitQueue(bench);
    expect(bench.read(FIRST)).toBe(0x56780000);
    expect(bench.seen).toHaveLength(1);
  });
});

describe('an erase that was cut off', () => {
  it('at the very begin mostly reads as the old content, near the end mostly as blank', () => {
    for (const [fraction, expected] of [[0.01, 'old'], [0.99, 'new']] as const) {
      const bench = cutErase(2, fraction);
      const outcomes = Array.from({ length: 64 }, (_, word) => outcome(bench, FIRST + 0x40000 + word * 32, 0x5a5a5a5a, 0xffffffff));
      expect(outcomes.filter((each) => each === expected).length).toBeGreaterThan(56);
    }
  });

  it('near the end can read blank today and decay within minutes', () => {
    const bench = cutErase(4, 0.99);
    const words = Array.from({ length: 64 }, (_, word) => FIRST + 0x40000 + word * 32);
    const blank = (): number => words.filter((address) => outcome(bench, address, 0x5a5a5a5a, 0xffffffff) === 'new').length;
    const today = blank();
    bench.tick += msToTicks(600_000);
    expect(today).toBe(64);
    expect(blank()).toBeLessThan(56);
  });

  it('half-way leaves every word of the sector undefined and none outside', () => {
    const bench = cutErase(2, 0.5);
    const { flash } = bench.bus;
    expect([0x0803ffe0, 0x08040000, 0x0805ffe0, 0x08060000].map((address) => flash.stateAt(address))).toEqual(['loaded', 'damaged', 'damaged', 'loaded']);
  });
});

describe('commands that still waited when the power went', () => {
  it('never happen', () => {
    const bench = new ChipBench();
    unlock(bench);
    bench.write(CR, PG | X64);
    storeWord(bench, FIRST, 1);
    storeWord(bench, FIRST + 32, 2);
    bench.bus.flashController.abort(bench.tick);
    bench.bus.resetPeripherals();
    bench.tick += msToTicks(10);
    expect(bench.bus.flash.stateAt(FIRST)).toBe('damaged');
    expect(bench.bus.flash.stateAt(FIRST + 32)).toBe('erased');
    expect(bench.bus.flash.programCount).toBe(0);
  });
});

describe('a supply that ends at a known time', () => {
  it('cuts an erase that the core waits for in one long stall, and begins nothing after it', () => {
    const bench = new ChipBench();
    bench.bus.flash.load(new Uint8Array(2 * 1024 * 1024).fill(OLD_BYTE));
    unlock(bench);
    bench.write(CR, SER | X64 | sector(2) | START);
    bench.write(CR, SER | X64 | sector(3) | START);
    bench.bus.flash.supplyEndsAtTick = bench.tick + msToTicks(500);
    bench.read(FIRST);
    expect(bench.bus.flash.eraseCount).toBe(0);
    expect([2, 3].map((index) => bench.bus.flash.stateAt(FIRST + index * 0x20000))).toEqual(['damaged', 'loaded']);
  });
});

describe('the array seen from outside', () => {
  it('takes and gives a raw image of all banks without the hole; blank words count as erased', () => {
    const bench = new ChipBench({ part: 'STM32H743xG' });
    const image = new Uint8Array(1024 * 1024).fill(0xff);
    image.fill(0x11, 0, 32);
    image.fill(0x22, 512 * 1024, 512 * 1024 + 32);
    bench.bus.flash.load(image);
    expect([bench.read(FIRST), bench.read(0x08100000), bench.read(0x08100020)]).toEqual([0x11111111, 0x22222222, 0xffffffff]);
    expect([FIRST, FIRST + 32].map((address) => bench.bus.flash.stateAt(address))).toEqual(['loaded', 'erased']);
    expect(Buffer.compare(bench.bus.flash.snapshot(), image)).toBe(0);
    expect(() => bench.bus.flash.load(new Uint8Array(2 * 1024 * 1024))).toThrow(RangeError);
    expect(() => bench.bus.flash.peek(0x08080000, 1)).toThrow(RangeError);
  });

  it('tells of every operation when it begins', () => {
    const bench = new ChipBench();
    const operations: unknown[] = [];
    bench.bus.flash.onOperation = (operation) => void operations.push(operation);
    unlock(bench);
    bench.write(CR, SER | X64 | sector(1) | START);
    const startTick = bench.tick;
    expect(operations).toEqual([
      { kind: 'erase', bank: 0, address: 0x08020000, lengthBytes: 0x20000, startTick, endTick: startTick + msToTicks(1000) },
    ]);
  });
});
