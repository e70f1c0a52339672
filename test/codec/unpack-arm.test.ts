import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { MemoryRegion } from '../../host/board/cpu/bus.js';
import { Cpu } from '../../host/board/cpu/cpu.js';
import { diffContent } from '../../host/codec/diff-content.js';
import { packContent } from '../../host/codec/pack-content.js';
import type { PackedContent } from '../../host/codec/packed-content.js';
import { findPart } from '../../host/device/h7-parts.js';
import { RESULT } from './desk-unpacker.js';
import { movedContent } from './moved-content.js';
import { sampleContent } from './sample-content.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const prefix = existsSync(join(root, 'xpacks/.bin/arm-none-eabi-gcc')) ? join(root, 'xpacks/.bin/arm-none-eabi-') : 'arm-none-eabi-';
const hasCompiler = spawnSync(`${prefix}gcc`, ['--version']).status === 0;
const SOURCES = ['lzma', 'filters', 'directory', 'relocate', 'unpack'];
/** Of 64 MHz, for a byte of content, while both banks of an H743 erase and program side by side. */
const { flashTiming: { x64: { sectorEraseMs, wordProgramUs } }, sectorBytes, flashWordBytes } = findPart('STM32H743xI')!;
const FASTEST_FLASH_CYCLES = (64 * ((1000 * sectorEraseMs.typical) / sectorBytes + wordProgramUs.typical / flashWordBytes)) / 2;
const CODE = 0x20004800;
const FLASH = 0x08000000;

/** The codec's flags as stub/build.mk has them. */
function armFlags(): string[] {
  const text = readFileSync(join(root, 'stub/build.mk'), 'utf8').replaceAll('\\\n', ' ');
  return Array.from(text.matchAll(/^(?:ARM|CODEC)_FLAGS := (.*)$/gm), ([, flags]) => flags!.split(/\s+/)).flat().filter((flag) => !flag.includes('$(CURDIR)'));
}

function build(folder: string): Uint8Array {
  const flags = [...armFlags(), '-Istub/codec'];
  const elf = join(folder, 'unpack.elf');
  const place = (section: string, address: number): string => `-Wl,--section-start=${section}=0x${address.toString(16)}`;
  const places = [place('.entry', CODE), place('.text', CODE + 0x40), place('.bss', CODE + 0x2000), '-Wl,-e,entry', '-nostdlib'];
  execFileSync(`${prefix}gcc`, [...flags, ...places, 'test/codec/programs/unpack-arm.c', ...SOURCES.map((name) => `stub/codec/${name}.c`), '-o', elf], { cwd: root });
  execFileSync(`${prefix}objcopy`, ['-O', 'binary', '-j', '.entry', '-j', '.text', '-j', '.rodata', elf, join(folder, 'unpack.bin')]);
  return readFileSync(join(folder, 'unpack.bin'));
}

interface Run {
  readonly result: number;
  readonly words: number;
  readonly instructions: number;
  readonly flash: Uint8Array;
}

/** Runs the program to its breakpoint; layout as in programs/unpack-arm.c. */
function unpackOnCore(code: Uint8Array, packed: PackedContent, recentBytes: number, old: Uint8Array = new Uint8Array(), granuleShift = 7): Run {
  const memory = (name: string, base: number, bytes: Uint8Array): MemoryRegion => ({ name, base, bytes, readable: true, writable: true, executable: true });
  const dtcm = new Uint8Array(0x20000);
  const job = new DataView(dtcm.buffer);
  [packed.parameters, packed.directoryBytes, granuleShift, packed.contentBytes, packed.bytes.length, recentBytes].forEach((field, at) => job.setUint32(4 * at, field, true));
  dtcm.set(code, CODE - 0x20000000);
  const input = new Uint8Array(0x200000);
  input.set(packed.bytes);
  const flash = new Uint8Array(0x200000).fill(0xff);
  const oldFlash = new Uint8Array(0x200000).fill(0xff);
  oldFlash.set(old);
  const nothing = (address: number): never => {
    throw new Error(`nothing is at 0x${address.toString(16)}`);
  };
  const regions = [memory('DTCM', 0x20000000, dtcm), memory('AXI SRAM', 0x24000000, new Uint8Array(0x80000)), memory('flash', FLASH, flash), memory('input', 0x30000000, input), memory('shifts', 0x38000000, new Uint8Array(0x40000)), memory('old flash', 0x40000000, oldFlash)];
  const cpu = new Cpu({ bus: { read: nothing, write: nothing }, regions });
  cpu.start(0x2001ff00, CODE + 1, 0);
  while (cpu.halted === undefined) cpu.run(cpu.tick + 1000);
  expect(cpu.halted.reason).toBe('breakpoint');
  return { result: job.getUint32(24, true), words: job.getUint32(28, true), instructions: cpu.tick, flash };
}

describe.skipIf(!hasCompiler)(`the stub's unpacker as ARM code${hasCompiler ? '' : ' (skipped: no arm-none-eabi-gcc)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'stage-flash-unpack-arm-'));
  const code = hasCompiler ? build(folder) : new Uint8Array();
  afterAll(() => rmSync(folder, { recursive: true }));

  test('makes the new content from the old one, in a bounded number of instructions', async () => {
    const update = movedContent(3000, 12, 160 * 1024);
    const runs = [0, 0x10000].map((at) => ({ address: FLASH + at, bytes: update.new.subarray(at, at === 0 ? 0x10000 : undefined) }));
    const readable = [{ from: FLASH, to: FLASH + update.old.length }];
    const packed = await diffContent([{ address: FLASH, bytes: update.old }], runs.map((run) => ({ run, readable })), { historyBytes: 4096, halfTheShifts: 16384 }, { threads: 0, mostSpans: 1000 });
    const run = unpackOnCore(code, packed, 4096, update.old, packed.parameters >> 12);
    expect({ result: run.result, words: run.words }).toEqual({ result: RESULT.done, words: update.new.length / 32 });
    expect(Buffer.compare(run.flash.subarray(0, update.new.length), update.new)).toBe(0);
    expect(run.instructions / update.new.length).toBeLessThan(FASTEST_FLASH_CYCLES / 4);
  });

  test.each([4096, 65536])('unpacks on the virtual core with %i bytes of history in RAM, in a bounded number of instructions', async (recentBytes) => {
    const content = sampleContent(160 * 1024, 11);
    const packed = await packContent([{ address: FLASH, bytes: content.subarray(0, 0x10000) }, { address: FLASH + 0x100000, bytes: content.subarray(0x10000) }], { threads: 0 });
    const run = unpackOnCore(code, packed, recentBytes);
    expect({ result: run.result, words: run.words }).toEqual({ result: RESULT.done, words: content.length / 32 });
    expect(Buffer.compare(run.flash.subarray(0, 0x10000), content.subarray(0, 0x10000))).toBe(0);
    expect(Buffer.compare(run.flash.subarray(0x100000, 0x100000 + content.length - 0x10000), content.subarray(0x10000))).toBe(0);
    expect(run.instructions / packed.bytes.length).toBeLessThan(400);
    expect(run.instructions / content.length).toBeLessThan(FASTEST_FLASH_CYCLES / 2);
  });
});
