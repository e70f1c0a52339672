import { describe, expect, it } from 'vitest';
import { blobOf, readManifest } from '../../host/blobs/manifest.js';
import { parseBoardOptions } from '../../host/board/board-options.js';
import { createWorld } from '../../host/board/create-world.js';
import { LineDecoder } from '../../host/board/line-decoder.js';
import type { LineRun } from '../../host/board/serial-line.js';
import { msToTicks, ticksToMs } from '../../host/board/time.js';
import type { World } from '../../host/board/world.js';
import { AN3155_LINE } from '../../host/link/line-settings.js';

function board(query = ''): World {
  const world = createWorld(parseBoardOptions(new URLSearchParams(query)));
  world.run(msToTicks(100));
  return world;
}

const wait = (world: World, ms: number): void => world.run(world.now + msToTicks(ms));
const kinds = (world: World): string[] => world.boardEvents.map(({ kind }) => kind);

/** Everything that the board says on its TX wire from now on. */
function listen(world: World): () => string {
  const decoder = new LineDecoder(AN3155_LINE);
  const forward = world.board.onLineOut;
  world.board.onLineOut = (run: LineRun) => {
    decoder.push(run);
    forward(run);
  };
  return () => {
    const bytes: number[] = [];
    for (let next = decoder.next(Infinity); next !== undefined; next = decoder.next(Infinity)) bytes.push(next.byte);
    return String.fromCharCode(...bytes);
  };
}

function type(world: World, bytes: readonly number[]): void {
  world.toBoard({ bytes: Uint8Array.from(bytes), startTick: world.now + 1, format: AN3155_LINE });
}

/** A flash image of one vector table and the program behind it. */
function flashProgram(world: World, halfwords: readonly number[], stackPointer = 0x20010000, base = 0x08000000): void {
  const image = new Uint8Array(32 + Math.ceil((halfwords.length * 2) / 32) * 32).fill(0xff);
  const view = new DataView(image.buffer);
  view.setUint32(0, stackPointer, true);
  view.setUint32(4, base + 0x20 + 1, true);
  halfwords.forEach((halfword, at) => view.setUint16(0x20 + at * 2, halfword, true));
  world.board.chip.flash.poke(base, image);
}

/** ldr r0, [pc, #8]; ldr r1, [pc, #12]; str r1, [r0]; b .; nop; nop; then two literals */
const storeLiteral = (address: number, value: number): number[] => [
  0x4802, 0x4903, 0x6001, 0xe7fe, 0xbf00, 0xbf00, address & 0xffff, address >>> 16, value & 0xffff, value >>> 16,
];

describe('board boot selection', () => {
  it('starts the ROM while BOOT0 is high', () => {
    const world = board();
    expect(kinds(world)).toEqual(['rom']);
    expect(world.board.runs).toBe('rom');
  });

  it('locks up in blank flash while BOOT0 is low, and a reset with BOOT0 high saves it', () => {
    const world = board('boot0=low');
    wait(world, 10);
    expect(kinds(world)).toEqual(['application', 'lockup']);
    world.board.boot0 = 'high';
    world.board.pressReset();
    expect(kinds(world).slice(2)).toEqual(['rom']);
  });

  it('starts a real application, which says so on the line', () => {
    const world = board('boot0=low');
    const manifest = readManifest();
    for (const name of ['application-bank1', 'application-bank2'] as const) {
      const { address, bytes } = blobOf(manifest, name);
      const padded = new Uint8Array(Math.ceil(bytes.length / 32) * 32).fill(0xff);
      padded.set(bytes);
      world.board.chip.flash.poke(address, padded);
    }
    const heard = listen(world);
    world.board.pressReset();
    wait(world, 3000);
    expect(heard()).toMatch(/[\x20-\x7e]{10,}/);
    expect(kinds(world).at(-1)).toBe('application');
  });

  it('gives the application its own address as the reset value of VTOR', () => {
    const world = board('boot0=low');
    // ldr r0, =VTOR; ldr r0, [r0]; ldr r1, =0x20000000; str r0, [r1]; b .
    flashProgram(world, [0x4802, 0x6800, 0x4902, 0x6008, 0xe7fe, 0xbf00, 0xed08, 0xe000, 0x0000, 0x2000]);
    world.board.pressReset();
    wait(world, 1);
    expect(world.board.chip.read(0x20000000, 4, world.now)).toBe(0x08000000);
  });

  it('goes back to where BOOT0 points when the program resets the chip', () => {
    const world = board('boot0=low');
    flashProgram(world, storeLiteral(0xe000ed0c, 0x05fa0004));
    world.board.boot0 = 'low';
    world.board.pressReset();
    world.board.boot0 = 'high';
    wait(world, 1);
    expect(world.boardEvents.at(-1)).toMatchObject({ kind: 'rom', cause: 'software' });
  });
});

describe('a watchdog that the option byte starts', () => {
  it.each(['STM32H743xI', 'STM32H7A3xI'])('does not reset the ROM of %s, however long it waits or works', (chip) => {
    const world = board(`iwdg=hardware&chip=${chip}`);
    wait(world, 120_000);
    type(world, [0x7f]);
    wait(world, 5);
    type(world, [0x44, 0xbb]);
    wait(world, 5);
    type(world, [0xff, 0xff, 0x00]);
    wait(world, 300_000);
    expect(kinds(world)).toEqual(['rom']);
    expect(world.board.chip.flash.eraseCount).toBeGreaterThan(0);
  });

  it('resets an application that does not feed it after half a second', () => {
    const world = board('iwdg=hardware&boot0=low');
    flashProgram(world, [0xe7fe]);
    world.board.pressReset();
    const startTick = world.now;
    wait(world, 600);
    expect(world.boardEvents.at(-1)).toMatchObject({ kind: 'application', cause: 'iwdg' });
    expect(ticksToMs((world.boardEvents.at(-1)?.tick ?? 0) - startTick)).toBeCloseTo(512, 0);
  });
});

describe('board power and reset', () => {
  it('forgets the synchronisation with a reset', () => {
    const world = board();
    const heard = listen(world);
    type(world, [0x7f]);
    wait(world, 1);
    expect(heard()).toBe('\x79');
    world.board.pressReset();
    wait(world, 100);
    type(world, [0x7f]);
    wait(world, 1);
    expect(heard()).toBe('\x79');
  });

  it('says nothing without power and wakes up in the ROM with garbage in RAM', () => {
    const world = board();
    world.board.chip.write(0x20010000, 4, 0x12345678, world.now);
    const heard = listen(world);
    world.board.powerOff();
    type(world, [0x7f]);
    wait(world, 500);
    expect(heard()).toBe('');
    world.board.powerOn();
    expect(kinds(world)).toEqual(['rom', 'off', 'rom']);
    expect(world.board.chip.read(0x20010000, 4, world.now)).not.toBe(0x12345678);
  });

  it('leaves flash as it was through both', () => {
    const world = board();
    flashProgram(world, storeLiteral(0x20000000, 1));
    const before = world.board.chip.flash.snapshot();
    world.board.powerOff();
    world.board.powerOn();
    world.board.pressReset();
    expect(Buffer.compare(world.board.chip.flash.snapshot(), before)).toBe(0);
  });
});

describe('board at Go', () => {
  const USART1_CR1 = 0x40011000;
  const USART1_BRR = 0x4001100c;

  /** wfi; b back to it */
  const WAIT_FOREVER = 0xe7fdbf30;

  /** Starts a program in DTCM that does nothing, by the ROM. */
  function gone(query: string, program = 0xe7fee7fe): World {
    const world = board(query);
    const words = [0x20010000, 0x20004109, program];
    type(world, [0x7f]);
    wait(world, 1);
    words.forEach((word, at) => world.board.chip.write(0x20004100 + at * 4, 4, word, world.now));
    type(world, [0x21, 0xde]);
    wait(world, 1);
    type(world, [0x20, 0x00, 0x41, 0x00, 0x61]);
    wait(world, 5);
    expect(kinds(world)).toEqual(['rom', 'go']);
    return world;
  }

  it('runs what was written into RAM', () => {
    const world = gone('');
    expect(world.board.runs).toBe('core');
    expect((world.board.chip.cpu.r[15] ?? 0) >>> 0).toBe(0x20004108);
  });

  it('leaves the peripherals at their reset values when the ROM cleans up', () => {
    const world = gone('tolerate=peripheral-unclocked');
    expect(world.board.chip.read(USART1_CR1, 4, world.now)).toBe(0);
    expect(world.board.violations.seen.map(({ name }) => name)).toEqual(['peripheral-unclocked']);
  });

  it('leaves its USART switched on at the measured rate when the ROM does not clean up', () => {
    const world = gone('rom-resets=no');
    expect(world.board.chip.read(USART1_BRR, 4, world.now)).toBe(Math.round(64e6 / 115_200));
    expect(world.board.chip.read(USART1_CR1, 4, world.now)).toBe(0x140d);
  });

  it('leaves a watchdog that the option byte started slow and just fed: it bites a program that never feeds it after 32.8 s', () => {
    for (const romResets of ['yes', 'no']) {
      const world = gone(`iwdg=hardware&rom-resets=${romResets}`, WAIT_FOREVER);
      const goTick = world.boardEvents.at(-1)?.tick ?? 0;
      wait(world, 40_000);
      expect(world.boardEvents.at(-1)).toMatchObject({ kind: 'rom', cause: 'iwdg' });
      expect(ticksToMs((world.boardEvents.at(-1)?.tick ?? 0) - goTick)).toBeCloseTo((4096 * 256 * 1000) / 32_000, 0);
    }
  });

  it('fills registers and the RAM of the ROM with other garbage for another seed', () => {
    const registers = (query: string): number[] => [...gone(query).board.chip.cpu.r.slice(0, 13)];
    expect(registers('seed=1')).toEqual(registers('seed=1'));
    expect(registers('seed=1')).not.toEqual(registers('seed=2'));
  });
});
