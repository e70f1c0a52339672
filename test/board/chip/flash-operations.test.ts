import { describe, expect, it } from 'vitest';
import { BusFault } from '../../../host/board/cpu/bus.js';
import { msToTicks, TICKS_PER_US } from '../../../host/board/time.js';
import {
  BANK2, BER, BSY, CCR, ChipBench, CR, DBECCERR, ECC_FA, EOP, LOCK, PG, QW, SER, SNECCERR, SR, START, WBNE, X64, sector, storeWord, unlock, waitQueue,
} from './chip-bench.js';

const BANK1_BASE = 0x08000000;
const BANK2_BASE = 0x08100000;

function programming(bench: ChipBench, psize = X64): ChipBench {
  unlock(bench);
  bench.write(CR, PG | psize);
  return bench;
}

/** Ticks between the last store (or START) and the first read of SR that finds QW clear. */
function timed(bench: ChipBench, act: () => void, bank = 0): number {
  act();
  const start = bench.tick;
  return waitQueue(bench, bank) - start;
}

describe('programming a flash word', () => {
  it('lands in the cells when the time of the datasheet has passed, not before', () => {
    const bench = programming(new ChipBench());
    storeWord(bench, BANK1_BASE, 0x11223344);
    expect(bench.read(SR) & (BSY | QW | EOP)).toBe(BSY | QW);
    expect(bench.bus.flash.stateAt(BANK1_BASE)).toBe('erased');
    waitQueue(bench);
    expect(bench.read(SR)).toBe(EOP);
    expect(bench.read(BANK1_BASE)).toBe(0x11223344);
    expect(bench.read(BANK1_BASE + 28)).toBe(0x11223344 + 28);
    expect(bench.bus.flash.stateAt(BANK1_BASE)).toBe('programmed');
    expect(bench.bus.flash.programCount).toBe(1);
    expect(bench.seen).toEqual([]);
  });

  it.each([
    [0, 290, 580],
    [1, 180, 360],
    [2, 130, 260],
    [3, 100, 200],
  ])('with PSIZE %i takes %i µs typically and %i µs at most', (psize, typicalUs, maximumUs) => {
    for (const [flashTiming, us] of [['typical', typicalUs], ['maximum', maximumUs]] as const) {
      const bench = programming(new ChipBench({ flashTiming }), psize << 4);
      const ticks = timed(bench, () => storeWord(bench, BANK1_BASE, 1));
      expect(Math.abs(ticks - us * TICKS_PER_US)).toBeLessThan(4);
    }
  });

  it.each([
    [0, 2000],
    [1, 1800],
    [2, 1100],
    [3, 1000],
  ])('an erase with PSIZE %i takes %i ms', (psize, ms) => {
    const bench = new ChipBench();
    unlock(bench);
    const ticks = timed(bench, () => {
      bench.write(CR, SER | (psize << 4) | sector(3));
      bench.write(CR, SER | (psize << 4) | sector(3) | START);
    });
    expect(Math.abs(ticks - msToTicks(ms))).toBeLessThan(4);
  });

  it('takes bytes and half-words too, and shows WBNE while the buffer waits for more', () => {
    const bench = programming(new ChipBench());
    for (let offset = 0; offset < 32; offset += 2) {
      bench.write(BANK1_BASE + offset, 0x1000 + offset, 2);
      if (offset < 30) expect(bench.read(SR) & (WBNE | QW)).toBe(WBNE);
    }
    expect(bench.read(SR) & (WBNE | QW)).toBe(QW);
    waitQueue(bench);
    expect(bench.read(BANK1_BASE + 30, 2)).toBe(0x101e);
    expect(bench.seen).toEqual([]);
  });

  it('FW pads what is missing with ones, and does nothing when no bit is 0', () => {
    const bench = programming(new ChipBench());
    bench.write(BANK1_BASE, 0x12345678);
    bench.write(CR, PG | X64 | (1 << 6));
    expect(bench.read(CR) & (1 << 6)).toBe(0);
    waitQueue(bench);
    expect([bench.read(BANK1_BASE), bench.read(BANK1_BASE + 4)]).toEqual([0x12345678, 0xffffffff]);
    bench.write(BANK1_BASE + 32, 0xffffffff);
    bench.write(CR, PG | X64 | (1 << 6));
    expect(bench.read(SR) & (WBNE | QW)).toBe(0);
    expect(bench.bus.flash.programCount).toBe(1);
  });

  it('one operation runs, one waits, and the store that begins a third stalls the core', () => {
    const bench = programming(new ChipBench());
    const start = bench.tick;
    storeWord(bench, BANK1_BASE, 1);
    storeWord(bench, BANK1_BASE + 32, 2);
    expect(bench.tick - start).toBe(16);
    bench.write(BANK1_BASE + 64, 3);
    expect(bench.tick - start).toBeGreaterThan(100 * TICKS_PER_US);
    expect(bench.tick - start).toBeLessThan(101 * TICKS_PER_US);
    for (let offset = 4; offset < 32; offset += 4) bench.write(BANK1_BASE + 64 + offset, 3);
    waitQueue(bench);
    expect(bench.bus.flash.programCount).toBe(3);
    expect(bench.seen).toEqual([]);
  });
});

describe('erasing', () => {
  it('a sector becomes blank, its neighbours stay', () => {
    const bench = new ChipBench();
    bench.bus.flash.load(new Uint8Array(2 * 1024 * 1024).fill(0x5a));
    unlock(bench);
    bench.write(CR, SER | X64 | sector(1));
    bench.write(CR, SER | X64 | sector(1) | START);
    waitQueue(bench);
    expect([bench.read(0x0801fffc), bench.read(0x08020000), bench.read(0x0803fffc), bench.read(0x08040000)]).toEqual([0x5a5a5a5a, 0xffffffff, 0xffffffff, 0x5a5a5a5a]);
    expect(bench.bus.flash.stateAt(0x08020000)).toBe('erased');
    expect(bench.bus.flash.eraseCount).toBe(1);
  });

  it('BER erases the bank and leaves the other one', () => {
    const bench = new ChipBench();
    bench.bus.flash.load(new Uint8Array(2 * 1024 * 1024).fill(0x5a));
    unlock(bench, BANK2);
    bench.write(CR + BANK2, BER | X64);
    bench.write(CR + BANK2, BER | X64 | START);
    waitQueue(bench, BANK2);
    expect(bench.bus.flash.bytes(1).every((byte) => byte === 0xff)).toBe(true);
    expect(bench.bus.flash.bytes(0).every((byte) => byte === 0x5a)).toBe(true);
  });

  it('runs in both banks at the same time, and the other bank reads on without a stall', () => {
    const bench = new ChipBench();
    unlock(bench);
    unlock(bench, BANK2);
    bench.write(CR, SER | X64);
    bench.write(CR, SER | X64 | START);
    const start = bench.tick;
    expect(bench.read(BANK2_BASE)).toBe(0xffffffff);
    expect(bench.tick).toBe(start + 1);
    bench.write(CR + BANK2, SER | X64);
    bench.write(CR + BANK2, SER | X64 | START);
    waitQueue(bench);
    waitQueue(bench, BANK2);
    expect(bench.tick - start).toBeLessThan(msToTicks(1000) + 300);
    expect(bench.bus.flash.eraseCount).toBe(2);
    expect(bench.seen).toEqual([]);
  });

  it('PG fills the buffer while an erase of the same bank runs; the word is programmed after it', () => {
    const bench = new ChipBench();
    unlock(bench);
    bench.write(CR, SER | X64);
    bench.write(CR, SER | X64 | START);
    bench.write(CR, PG | X64);
    storeWord(bench, BANK1_BASE, 7);
    const start = bench.tick;
    expect(waitQueue(bench) - start).toBeGreaterThan(msToTicks(1000));
    expect(bench.read(BANK1_BASE)).toBe(7);
  });
});

describe('reading', () => {
  it('a busy bank stalls the core for the rest of the operation and is reported', () => {
    const bench = programming(new ChipBench());
    storeWord(bench, BANK1_BASE, 9);
    const start = bench.tick;
    expect(bench.read(BANK1_BASE)).toBe(9);
    expect(bench.tick - start).toBeGreaterThan(99 * TICKS_PER_US);
    expect(bench.seen).toEqual(['flash-busy-bank-read']);
  });

  it('a bank opens for direct reads when it is quiet and closes when an operation begins', () => {
    const bench = programming(new ChipBench());
    const [region] = bench.bus.flash.regions;
    bench.read(BANK1_BASE);
    expect(region?.readable).toBe(true);
    storeWord(bench, BANK1_BASE, 1);
    expect(region?.readable).toBe(false);
    waitQueue(bench);
    bench.read(BANK1_BASE);
    expect(region?.readable).toBe(true);
    expect(bench.regionChanges).toBe(3);
  });

  it('one flipped bit is corrected and told, two are a bus fault; the first address stays until both flags are cleared', () => {
    const bench = programming(new ChipBench());
    storeWord(bench, BANK1_BASE + 96, 0x01020304);
    waitQueue(bench);
    bench.bus.flash.flipBit(BANK1_BASE + 97, 3);
    expect(bench.read(BANK1_BASE + 96)).toBe(0x01020304);
    expect(bench.read(SR) & (SNECCERR | DBECCERR)).toBe(SNECCERR);
    expect(bench.read(ECC_FA)).toBe(3);
    bench.bus.flash.flipBit(BANK1_BASE + 127, 0);
    expect(() => bench.read(BANK1_BASE + 100)).toThrow(BusFault);
    expect(bench.read(SR) & DBECCERR).toBe(DBECCERR);
    bench.write(CCR, SNECCERR);
    expect(bench.read(ECC_FA)).toBe(3);
    bench.write(CCR, DBECCERR);
    expect(bench.read(ECC_FA)).toBe(0);
    bench.bus.flash.flipBit(BANK1_BASE + 97, 3);
    bench.bus.flash.flipBit(BANK1_BASE + 127, 0);
    expect(bench.read(BANK1_BASE + 96)).toBe(0x01020304);
    expect(bench.read(SR) & (SNECCERR | DBECCERR)).toBe(0);
  });
});

describe('the control register', () => {
  it('keeps its other bits when LOCK is set, and can be unlocked again', () => {
    const bench = programming(new ChipBench());
    bench.write(CR, LOCK);
    expect(bench.read(CR)).toBe(PG | X64 | LOCK);
    unlock(bench);
    expect(bench.read(CR)).toBe(PG | X64);
    expect(bench.seen).toEqual([]);
  });

  it.each([
    ['STM32H743xI', 0x31, 0x37],
    ['STM32H723xG', 0x31, 0x37],
    ['STM32H7A3xI', 0x01, 0x13],
  ])('%s comes up with CR = %i and ACR = %i', (part, cr, acr) => {
    const bench = new ChipBench({ part });
    expect([bench.read(CR), bench.read(0x52002000)]).toEqual([cr, acr]);
  });
});

describe('H7A3', () => {
  const FW = 1 << 4;
  const H7A_START = 1 << 5;
  const snb = (index: number): number => index << 6;

  it('programs 16-byte flash words and erases 8 KiB sectors, with START and SNB at their own places', () => {
    const bench = new ChipBench({ part: 'STM32H7A3xI' });
    bench.bus.flash.load(new Uint8Array(2 * 1024 * 1024).fill(0));
    unlock(bench, BANK2);
    bench.write(CR + BANK2, SER | snb(127));
    bench.write(CR + BANK2, SER | snb(127) | H7A_START);
    waitQueue(bench, BANK2);
    bench.write(CR + BANK2, PG);
    const address = BANK2_BASE + 127 * 8192;
    storeWord(bench, address + 16, 0xa5a50000);
    waitQueue(bench, BANK2);
    expect([bench.read(address - 4), bench.read(address), bench.read(address + 16)]).toEqual([0, 0xffffffff, 0xa5a50000]);
    bench.write(address + 32, 0);
    bench.write(CR + BANK2, PG | FW);
    waitQueue(bench, BANK2);
    expect([bench.read(address + 32), bench.read(address + 36)]).toEqual([0, 0xffffffff]);
    expect(bench.seen).toEqual([]);
  });
});
