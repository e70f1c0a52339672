/**
 * Every violation of the chip, planted: a short register sequence is reported as exactly that name, and what silicon would do follows.
 * The table of plants and the table of violations must have the same keys, so none goes without a test.
 */
import { describe, expect, it } from 'vitest';
import type { ChipViolation } from '../../../host/board/chip/chip-violations.js';
import { CHIP_VIOLATIONS } from '../../../host/board/chip/chip-violations.js';
import { BusFault } from '../../../host/board/cpu/bus.js';
import { BoardViolation } from '../../../host/board/violations.js';
import type { BenchOptions } from './chip-bench.js';
import {
  BER, BSY, CCR, ChipBench, CR, FLASH, INCERR, KEYR, LOCK, PG, PGSERR, QW, SER, SR, START, STRBERR, WBNE, WRPERR, X64, sector, storeWord, unlock, waitQueue,
} from './chip-bench.js';

interface Plant {
  readonly options?: BenchOptions;
  /** What `before` itself commits. */
  readonly tolerated?: readonly ChipViolation[];
  /** Legal: whatever it takes to get there. */
  readonly before?: (bench: ChipBench) => void;
  /** The one step that is wrong. */
  readonly plant: (bench: ChipBench) => void;
  /** What silicon does then. */
  readonly after?: (bench: ChipBench) => void;
  readonly faults?: true;
}

const FIRST = 0x08000000;
const RCC = 0x58024400;
const GPIOA = 0x58020000;
const IWDG = 0x58004800;

const readyToProgram = (bench: ChipBench): void => {
  unlock(bench);
  bench.write(CR, PG | X64);
};
const eraseSector = (bench: ChipBench, index: number): void => {
  bench.write(CR, SER | X64 | sector(index));
  bench.write(CR, SER | X64 | sector(index) | START);
};
const staysLocked = (bench: ChipBench): void => {
  expect(() => unlock(bench)).toThrow(BusFault);
  expect(bench.read(CR) & LOCK).toBe(LOCK);
};
const expectFlags = (bench: ChipBench, mask: number, flags: number): void => expect(bench.read(SR) & mask).toBe(flags);
const staysBlank = (bench: ChipBench): void => {
  waitQueue(bench);
  expect(bench.bus.flash.stateAt(FIRST)).toBe('erased');
  expect(bench.bus.flash.programCount).toBe(0);
};

/** They need a core or a life cycle: chip-life.test.ts. */
const PLANTED_THERE = ['reset-during-flash-operation', 'stack-overflow'] as const;
type PlantedHere = Exclude<ChipViolation, (typeof PLANTED_THERE)[number]>;

const PLANTS: Readonly<Record<PlantedHere, Plant>> = {
  'unmapped-address': { plant: (bench) => bench.read(0x60000000), faults: true },
  'register-not-modelled': { plant: (bench) => bench.read(FLASH + 0x50) },
  'register-read-only': { plant: (bench) => bench.write(SR, 0), after: (bench) => expectFlags(bench, -1, 0) },
  'peripheral-unclocked': {
    plant: (bench) => bench.write(GPIOA, 0),
    after: (bench) => {
      bench.write(RCC + 0x140, 1);
      expect(bench.read(GPIOA)).toBe(0xabffffff);
    },
  },
  'clock-not-modelled': { plant: (bench) => bench.write(RCC, 1 | (1 << 24)), after: (bench) => expect(bench.read(RCC) & (1 << 25)).toBe(0) },
  'iwdg-write-while-locked': { plant: (bench) => bench.write(IWDG + 8, 0x100), after: (bench) => expect(bench.read(IWDG + 8)).toBe(0xfff) },
  'flash-key-wrong': { plant: (bench) => bench.write(KEYR, 0x12345678), faults: true, after: staysLocked },
  'flash-key-while-unlocked': { before: unlock, plant: (bench) => bench.write(KEYR, 0x45670123), faults: true, after: staysLocked },
  'flash-cr-write-while-locked': { plant: (bench) => bench.write(CR, PG), after: (bench) => expect(bench.read(CR)).toBe(0x31) },
  'flash-write-without-pg': {
    before: unlock,
    plant: (bench) => bench.write(FIRST, 1),
    after: (bench) => expectFlags(bench, PGSERR | WBNE | QW, PGSERR),
  },
  'flash-write-with-error-flag': {
    tolerated: ['flash-write-without-pg'],
    before: (bench) => {
      unlock(bench);
      bench.write(FIRST, 1);
      bench.write(CR, PG | X64);
      bench.violations.seen.length = 0;
    },
    plant: (bench) => bench.write(FIRST, 1),
    after: (bench) => {
      bench.write(CCR, PGSERR);
      storeWord(bench, FIRST, 5);
      waitQueue(bench);
      expect(bench.read(FIRST)).toBe(5);
    },
  },
  'flash-write-unaligned': { before: readyToProgram, plant: (bench) => bench.write(FIRST + 4, 1), after: (bench) => expectFlags(bench, WBNE, WBNE) },
  'flash-write-mixed-sizes': {
    before: (bench) => {
      readyToProgram(bench);
      bench.write(FIRST, 1);
    },
    plant: (bench) => bench.write(FIRST + 4, 1, 2),
  },
  'flash-byte-stored-twice': {
    before: (bench) => {
      readyToProgram(bench);
      bench.write(FIRST, 1);
    },
    plant: (bench) => bench.write(FIRST, 2),
    after: (bench) => {
      expectFlags(bench, STRBERR | WBNE, STRBERR | WBNE);
      for (let offset = 4; offset < 32; offset += 4) bench.write(FIRST + offset, 3);
      waitQueue(bench);
      expect(bench.read(FIRST)).toBe(2);
    },
  },
  'flash-word-incomplete': {
    before: (bench) => {
      readyToProgram(bench);
      bench.write(FIRST, 1);
    },
    plant: (bench) => bench.write(FIRST + 32, 1),
    after: (bench) => {
      expectFlags(bench, INCERR | PGSERR | WBNE, INCERR);
      bench.write(FIRST + 32, 1);
      expectFlags(bench, INCERR | PGSERR | WBNE, INCERR | PGSERR);
      staysBlank(bench);
    },
  },
  'flash-write-buffer-lost': {
    before: (bench) => {
      readyToProgram(bench);
      bench.write(FIRST, 1);
    },
    plant: (bench) => bench.write(CR, X64),
    after: staysBlank,
  },
  'flash-word-written-twice': {
    before: (bench) => {
      readyToProgram(bench);
      storeWord(bench, FIRST, 1);
      waitQueue(bench);
    },
    plant: (bench) => storeWord(bench, FIRST, 2),
    after: (bench) => {
      waitQueue(bench);
      expect(() => bench.read(FIRST)).toThrow(BusFault);
    },
  },
  'flash-word-not-erased': {
    before: (bench) => {
      bench.bus.flash.load(new Uint8Array(2 * 1024 * 1024).fill(0xf0));
      readyToProgram(bench);
    },
    plant: (bench) => storeWord(bench, FIRST, 1),
  },
  'flash-write-protected': {
    options: { optionBytes: { wpsn: [0xfe, 0xff] } },
    before: readyToProgram,
    plant: (bench) => storeWord(bench, FIRST, 1),
    after: (bench) => {
      expectFlags(bench, WRPERR | QW, WRPERR);
      staysBlank(bench);
      storeWord(bench, FIRST + 0x20000, 1);
      waitQueue(bench);
      expect(bench.read(FIRST + 0x20000)).toBe(1);
    },
  },
  'flash-erase-protected': {
    options: { optionBytes: { wpsn: [0x7f, 0xff] } },
    before: unlock,
    plant: (bench) => {
      bench.write(CR, BER | X64);
      bench.write(CR, BER | X64 | START);
    },
    after: (bench) => {
      expectFlags(bench, WRPERR | QW, WRPERR);
      expect(bench.bus.flash.eraseCount).toBe(0);
    },
  },
  'flash-start-without-request': { before: unlock, plant: (bench) => bench.write(CR, X64 | START), after: (bench) => expectFlags(bench, QW, 0) },
  'flash-start-sector-and-bank': {
    before: unlock,
    plant: (bench) => bench.write(CR, SER | BER | X64 | START),
    after: (bench) => {
      waitQueue(bench);
      expect(bench.bus.flash.eraseCount).toBe(8);
    },
  },
  'flash-start-while-busy': {
    before: (bench) => {
      unlock(bench);
      eraseSector(bench, 0);
    },
    plant: (bench) => eraseSector(bench, 1),
    after: (bench) => {
      waitQueue(bench);
      expect(bench.bus.flash.eraseCount).toBe(2);
    },
  },
  'flash-sector-out-of-range': {
    options: { part: 'STM32H743xG' },
    before: unlock,
    plant: (bench) => eraseSector(bench, 4),
    after: (bench) => expectFlags(bench, WRPERR | QW, WRPERR),
  },
  'flash-timing-changed-while-busy': {
    before: (bench) => {
      readyToProgram(bench);
      storeWord(bench, FIRST, 1);
    },
    plant: (bench) => bench.write(CR, PG),
  },
  'flash-busy-bank-read': {
    before: (bench) => {
      readyToProgram(bench);
      storeWord(bench, FIRST, 1);
    },
    plant: (bench) => bench.read(FIRST + 0x20000),
    after: (bench) => expectFlags(bench, BSY, 0),
  },
  'bank-swap': { plant: (bench) => bench.write(FLASH + 0x20, (bench.read(FLASH + 0x20) | 0x80000000) >>> 0) },
  'option-byte-change': { plant: (bench) => bench.write(FLASH + 0x08, 0x08192a3b) },
};

describe('violations of the chip', () => {
  it('each has a plant', () => {
    expect([...Object.keys(PLANTS), ...PLANTED_THERE].sort()).toEqual(Object.keys(CHIP_VIOLATIONS).sort());
  });

  it.each(Object.entries(PLANTS))('%s is reported under exactly this name', (name, { options, before, plant, after, faults }) => {
    const bench = new ChipBench(options);
    before?.(bench);
    expect(bench.seen).toEqual([]);
    if (faults) expect(() => plant(bench)).toThrow(BusFault);
    else plant(bench);
    expect(bench.seen).toEqual([name]);
    after?.(bench);
  });

  it.each(Object.entries(PLANTS))('%s stops the board unless it is tolerated', (_name, { options, tolerated, before, plant }) => {
    const bench = new ChipBench({ ...options, tolerated: tolerated ?? [] });
    before?.(bench);
    expect(() => plant(bench)).toThrow(BoardViolation);
  });
});

describe('the key sequence', () => {
  it('a write to another register of the bank between the keys locks it until reset', () => {
    const bench = new ChipBench();
    bench.write(KEYR, 0x45670123);
    expect(() => bench.write(CCR, 0)).toThrow(BusFault);
    staysLocked(bench);
    bench.bus.resetPeripherals();
    unlock(bench);
    expect(bench.read(CR) & LOCK).toBe(0);
  });

  it('a key narrower than 32 bits counts as wrong', () => {
    const bench = new ChipBench();
    expect(() => bench.write(KEYR, 0x0123, 2)).toThrow(BusFault);
    expect(bench.seen).toEqual(['flash-key-wrong']);
  });

  it('the banks have locks of their own', () => {
    const bench = new ChipBench();
    unlock(bench, 0x100);
    expect([bench.read(CR) & LOCK, bench.read(CR + 0x100) & LOCK]).toEqual([LOCK, 0]);
  });
});

describe('write protection on H7A3', () => {
  it('one bit protects four sectors', () => {
    const bench = new ChipBench({ part: 'STM32H7A3xI', optionBytes: { wpsn: [0xfffffffd, 0xffffffff] } });
    unlock(bench);
    bench.write(CR, PG);
    for (const [index, isProtected] of [[3, false], [4, true], [7, true], [8, false]] as const) {
      bench.write(CCR, WRPERR);
      storeWord(bench, FIRST + index * 8192, 1);
      waitQueue(bench);
      expect(bench.read(SR) & WRPERR, `sector ${index}`).toBe(isProtected ? WRPERR : 0);
    }
  });
});

describe('read-out protection', () => {
  it('loads fault and programs are refused while the core did not boot from flash', () => {
    const bench = new ChipBench({ readOutProtected: true });
    expect(() => bench.read(FIRST)).toThrow(BusFault);
    expectFlags(bench, 1 << 23, 1 << 23);
    readyToProgram(bench);
    storeWord(bench, FIRST, 1);
    expectFlags(bench, WRPERR | QW, WRPERR);
    staysBlank(bench);
    expect(bench.seen).toEqual([]);
  });
});
