/** The life of a chip with a core that runs real machine code: power, reset, watchdog, what Go leaves behind, power cuts. */
import { describe, expect, it } from 'vitest';
import type { ChipOptions } from '../../../host/board/chip/chip.js';
import { Chip } from '../../../host/board/chip/chip.js';
import { Random } from '../../../host/board/random.js';
import { msToTicks, TICKS_PER_US } from '../../../host/board/time.js';
import { Violations } from '../../../host/board/violations.js';
import { partNamed } from './chip-bench.js';

const DTCM = 0x20004100;
const STACK = 0x20020000;
const FLASH = 0x52002000;
const RSR = 0x58024400 + 0x130;

/**
 * Unlocks bank 1, sets PG and PSIZE x64, programs 16 flash words with 0, 1, 2 … and polls QW after each; then WFI.
 *     ldr r0,=KEYR; ldr r1,=KEY1; str r1,[r0]; ldr r1,=KEY2; str r1,[r0]; ldr r0,=CR; movs r1,#0x32; str r1,[r0]
 *     mov r2,#0x08000000; ldr r5,=SR; movs r3,#0
 *     next: movs r4,#8;  fill: str r3,[r2],#4; adds r3,#1; subs r4,#1; bne fill
 *     poll: ldr r6,[r5]; tst r6,#4; bne poll; cmp r3,#128; bne next; wfi; b .
 */
const PROGRAM_FLASH =
  '0c480d4901600d4901600d48322101604ff000620b4d0023082442f8043b0133013cfad12e6816f0040ffbd1802bf3d130bffee70420005223016745ab89efcd0c20005210200052';
/** ldr r0,=SCB_AIRCR; ldr r1,=0x05FA0004; str r1,[r0]; b . */
const RESET_ITSELF = '014802490160fee70ced00e00400fa05';
const LOOP_FOREVER = 'fee7';
/** movs r0,#0; bl f; b .;  f: push {r4,lr}; adds r0,#1; cmp r0,r1; bge out; bl f;  out: pop {r4,pc}: eight bytes of stack per call, r1 calls */
const RECURSE = '002000f001f8fee710b50130884201dafff7faff10bd';

function chipOf(options: Partial<ChipOptions> = {}, tolerated: Iterable<string> | 'all' = []): { readonly chip: Chip; readonly violations: Violations } {
  const violations = new Violations(tolerated);
  const chip = new Chip({ part: partNamed('STM32H743xI'), seed: 7, violations, ...options });
  chip.powerOn(0);
  return { chip, violations };
}

function start(chip: Chip, codeHex: string): void {
  Buffer.from(codeHex, 'hex').forEach((byte, index) => chip.write(DTCM + index, 1, byte, chip.tick));
  chip.execute(STACK - 64, DTCM | 1, chip.tick);
}

function runFor(chip: Chip, ticks: number): void {
  const end = chip.tick + ticks;
  while (chip.tick < end) chip.run(end);
}

/** What the core reads at `address` without running. */
const peek = (chip: Chip, address: number): number => chip.read(address, 4, chip.tick);

describe('a program on the core', () => {
  it.each([0, 32, 2048, 65_536])('programs flash the same way when polling loops pass %i ticks at once', (pollSkipTicks) => {
    const { chip, violations } = chipOf({ pollSkipTicks });
    start(chip, PROGRAM_FLASH);
    while (chip.cpu.halted === undefined) chip.run(chip.tick + msToTicks(1));
    expect(chip.cpu.halted.reason).toBe('wfi');
    const image = new DataView(chip.flash.peek(0x08000000, 544).buffer);
    for (let index = 0; index < 128; index++) expect(image.getUint32(index * 4, true)).toBe(index);
    expect(image.getUint32(512, true)).toBe(0xffffffff);
    expect(chip.flash.programCount).toBe(16);
    expect(violations.seen).toEqual([]);
    // The last FLASH_SR that the program read: EOP.
    expect(chip.cpu.r[6]).toBe(1 << 16);
  });

  it('takes the same time within 0.1 %, however long the skips', () => {
    const ticks = [0, 32, 2048, 65_536].map((pollSkipTicks) => {
      const { chip } = chipOf({ pollSkipTicks });
      let lastEnd = 0;
      chip.flash.onOperation = ({ endTick }) => (lastEnd = endTick);
      start(chip, PROGRAM_FLASH);
      runFor(chip, msToTicks(3));
      return lastEnd;
    });
    const [plain = 0] = ticks;
    expect(plain).toBeGreaterThan(16 * 100 * TICKS_PER_US);
    for (const other of ticks) expect(Math.abs(other - plain) / plain).toBeLessThan(0.001);
  });

  it('takes the same time within 0.1 % however it is sliced, and exactly so without skips', () => {
    const run = (slice: number, pollSkipTicks: number): readonly number[] => {
      const { chip } = chipOf({ pollSkipTicks });
      const starts: number[] = [];
      chip.flash.onOperation = ({ startTick }) => void starts.push(startTick);
      start(chip, PROGRAM_FLASH);
      while (chip.tick < msToTicks(3)) chip.run(chip.tick + slice);
      return starts;
    };
    const whole = run(msToTicks(10), 0);
    expect(whole).toHaveLength(16);
    const last = whole[15] ?? 0;
    for (const slice of [77, 1000, 100_000]) {
      expect(run(slice, 0)).toEqual(whole);
      expect(Math.abs((run(slice, 8192)[15] ?? 0) - last) / last).toBeLessThan(0.001);
    }
  });
});

describe('reset', () => {
  it('a software reset stops the core, tells the board and sets its flag; RAM stays', () => {
    const { chip } = chipOf();
    const resets: string[] = [];
    chip.onReset = (cause) => void resets.push(cause);
    start(chip, RESET_ITSELF);
    const before = peek(chip, DTCM);
    runFor(chip, 1000);
    expect(resets).toEqual(['software']);
    expect(peek(chip, DTCM)).toBe(before);
    expect(peek(chip, RSR) & (1 << 24)).toBe(1 << 24);
    const standing = chip.tick;
    chip.run(standing + 500);
    expect(chip.tick).toBe(standing + 500);
  });

  it('reset flags add up until RMVF clears them; power-on starts afresh', () => {
    const { chip } = chipOf();
    expect(peek(chip, RSR)).toBe(0x00fa0000);
    chip.write(RSR, 4, 1 << 16, chip.tick);
    expect(peek(chip, RSR)).toBe(0);
    chip.reset('pin', chip.tick);
    chip.reset('iwdg', chip.tick);
    expect(peek(chip, RSR)).toBe((1 << 17) | (1 << 22) | (1 << 26));
    chip.powerOff(chip.tick);
    chip.powerOn(chip.tick + 1000);
    expect(peek(chip, RSR)).toBe(0x00fa0000);
  });

  it('the watchdog of the option byte resets a program that does not feed it after 512 ms', () => {
    const { chip } = chipOf({ optionBytes: { iwdg1Software: false } });
    const resets: number[] = [];
    chip.onReset = (cause, tick) => {
      expect(cause).toBe('iwdg');
      resets.push(tick);
    };
    start(chip, LOOP_FOREVER);
    while (resets.length === 0) chip.run(chip.tick + msToTicks(20));
    expect(resets[0]).toBeGreaterThanOrEqual(msToTicks(512));
    expect(resets[0]).toBeLessThan(msToTicks(513));
  });

  it('a software reset during a flash operation is a violation and leaves the word undefined', () => {
    const { chip, violations } = chipOf({}, 'all');
    start(chip, PROGRAM_FLASH);
    runFor(chip, 50 * TICKS_PER_US);
    chip.reset('software', chip.tick);
    expect(violations.seen.map(({ name }) => name)).toEqual(['reset-during-flash-operation']);
    expect(chip.flash.stateAt(0x08000000)).toBe('damaged');
    expect(peek(chip, FLASH + 0x10) & ~(1 << 22)).toBe(0);
  });
});

describe('the stack of a program', () => {
  const STACK_BYTES = 64;
  const recurse = (calls: number, tolerated: Iterable<string> = []): { readonly run: () => void; readonly violations: Violations; readonly chip: Chip } => {
    const { chip, violations } = chipOf({}, tolerated);
    start(chip, RECURSE);
    chip.execute(STACK - 64, DTCM | 1, chip.tick, STACK - 64 - STACK_BYTES);
    chip.cpu.r[1] = calls;
    return { run: () => runFor(chip, 2000), violations, chip };
  };

  it('may be used to its last byte', () => {
    const { run, violations } = recurse(STACK_BYTES / 8);
    run();
    expect(violations.seen).toEqual([]);
  });

  it('may not be left: a frame more is a violation as soon as something is called from it', () => {
    const { run, chip } = recurse(STACK_BYTES / 8 + 2);
    expect(run).toThrow(/stack-overflow: SP 0x2001ff78 is below 0x2001ff80 at PC 0x20004108/);
    expect(chip.cpu.r[0]).toBe(STACK_BYTES / 8 + 1);
  });

  it('is told of once where that is tolerated', () => {
    const { run, violations } = recurse(100, ['stack-overflow']);
    run();
    expect(violations.seen.map(({ name }) => name)).toEqual(['stack-overflow']);
  });
});

describe('power', () => {
  it('RAM holds garbage that the seed decides; flash survives', () => {
    const contents = [7, 7, 8].map((seed) => {
      const { chip } = chipOf({ seed });
      chip.flash.poke(0x08000000, new Uint8Array(32).fill(0x42));
      chip.powerOff(100);
      chip.powerOn(200);
      expect(peek(chip, 0x08000000)).toBe(0x42424242);
      return [peek(chip, 0x20000000), peek(chip, 0x24012340), peek(chip, 0x2001fffc)];
    });
    expect(contents[0]).toEqual(contents[1]);
    expect(contents[0]).not.toEqual(contents[2]);
    expect(new Set(contents[0]).size).toBe(3);
  });

  it('D2 SRAM answers only after its clock is switched on', () => {
    const { chip, violations } = chipOf({}, 'all');
    expect(peek(chip, 0x30000000)).toBe(0);
    expect(violations.seen.map(({ name }) => name)).toEqual(['peripheral-unclocked']);
    chip.write(0x58024400 + 0xdc, 4, 1 << 29, chip.tick);
    chip.write(0x30000000, 4, 0x1234, chip.tick);
    expect(peek(chip, 0x30000000)).toBe(0x1234);
    expect(violations.seen).toHaveLength(1);
  });
});

describe('what Go leaves behind', () => {
  it('differs from seed to seed, and spares the windows that the ROM hands to its user', () => {
    const registers = [0x58020000, 0x58020400, FLASH + 0x0c, FLASH + 0x10, 0x40011000];
    const left = [1, 2].map((seed) => {
      const { chip } = chipOf({}, 'all');
      chip.write(DTCM, 4, 0xcafe, chip.tick);
      chip.write(0x24034000, 4, 0xf00d, chip.tick);
      chip.write(0x20000000, 4, 0, chip.tick);
      chip.scramble(new Random(seed));
      expect([peek(chip, DTCM), peek(chip, 0x24034000)]).toEqual([0xcafe, 0xf00d]);
      chip.write(0x58024400 + 0x140, 4, 3, chip.tick);
      chip.write(0x58024400 + 0x150, 4, 1 << 4, chip.tick);
      return [...registers, 0x20000000].map((address) => peek(chip, address)).concat(chip.cpu.r[4] ?? 0);
    });
    expect(left[0]).not.toEqual(left[1]);
    expect(left[0]?.[5]).not.toBe(left[1]?.[5]);
  });
});

describe('who the chip is', () => {
  it.each([
    ['STM32H743xI', 0x20030450, 0x1ff1e880, 0x1ff1e800, 0x1ff1e7fe],
    ['STM32H723xG', 0x10010483, 0x1ff1e880, 0x1ff1e800, 0x1ff1e7fe],
    ['STM32H7A3xG', 0x10000480, 0x08fff80c, 0x08fff800, 0x1ff13ffe],
  ])('%s shows its id, flash size, unique id and bootloader version', (name, idcode, sizeAt, uidAt, versionAt) => {
    const uid = Uint8Array.from({ length: 12 }, (_, index) => 0x10 + index);
    const { chip } = chipOf({ part: partNamed(name), uid });
    chip.bootloaderVersion = 0x93;
    expect(peek(chip, 0x5c001000)).toBe(idcode);
    expect(chip.read(sizeAt, 2, 0)).toBe(chip.part.flashSizeKiB);
    expect(peek(chip, uidAt + 8)).toBe(0x1b1a1918);
    expect(chip.read(versionAt, 1, 0)).toBe(0x93);
  });

  it('an H723 with TCM_AXI_SHARED = 1 has 256 KiB of AXI SRAM and 128 KiB of ITCM', () => {
    const { chip } = chipOf({ part: partNamed('STM32H723xG'), optionBytes: { tcmAxiShared: 1 } }, 'all');
    chip.write(0x0001fffc, 4, 5, 0);
    expect(peek(chip, 0x0001fffc)).toBe(5);
    expect(() => peek(chip, 0x24040000)).toThrow('nothing answers');
    expect(peek(chip, FLASH + 0x70)).toBe(1);
  });
});
