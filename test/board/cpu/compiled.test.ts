/** Compiled C on the engine: right results at every optimisation, and the same run for every way of slicing. Needs arm-none-eabi-gcc. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { BareCore, CODE, DATA, STACK, halfwords } from './bare-core.js';
import { BKPT } from './thumb.js';

const SOURCE = new URL('compiled.c', import.meta.url).pathname;
const LOCAL = new URL('../../../xpacks/.bin/', import.meta.url).pathname;
const RESULTS = DATA + 0x10000;
const RETURN_TO = DATA + 0x20000;

function findTool(name: string): string | undefined {
  if (existsSync(join(LOCAL, name))) return join(LOCAL, name);
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return name;
  } catch {
    return undefined;
  }
}

const gcc = findTool('arm-none-eabi-gcc');
const objcopy = findTool('arm-none-eabi-objcopy');
const nm = findTool('arm-none-eabi-nm');
const hasTools = gcc !== undefined && objcopy !== undefined && nm !== undefined;
if (!hasTools) console.warn('compiled programs skipped: no arm-none-eabi-gcc');

interface Program {
  readonly bytes: Uint8Array;
  readonly entry: number;
}

function compile(optimisation: string): Program {
  const folder = mkdtempSync(join(tmpdir(), 'stage-flash-cpu-'));
  try {
    const elf = join(folder, 'program.elf');
    const binary = join(folder, 'program.bin');
    const target = ['-mcpu=cortex-m7', '-mthumb', '-mfloat-abi=soft', '-ffreestanding', '-fno-tree-loop-distribute-patterns', optimisation];
    execFileSync(gcc!, [...target, '-nostdlib', `-Wl,-Ttext=0x${CODE.toString(16)},-Tbss=0x24000000,-erun`, SOURCE, '-lgcc', '-o', elf]);
    execFileSync(objcopy!, ['-O', 'binary', elf, binary]);
    const symbol = execFileSync(nm!, [elf], { encoding: 'utf8' }).match(/^(\w+) T run$/m);
    return { bytes: new Uint8Array(readFileSync(binary)), entry: Number.parseInt(symbol?.[1] ?? '', 16) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(program: Program, sliceTicks: number): BareCore {
  const core = new BareCore();
  core.place(program.bytes, CODE);
  core.place(halfwords(BKPT), RETURN_TO);
  core.cpu.start(STACK, program.entry | 1, 0);
  core.cpu.r[0] = RESULTS;
  core.cpu.r[14] = RETURN_TO | 1;
  while (core.cpu.halted === undefined) core.cpu.run(core.cpu.tick + sliceTicks);
  expect(core.cpu.halted, core.cpu.status()).toEqual({ reason: 'breakpoint', pc: RETURN_TO });
  return core;
}

/** What compiled.c computes, in another language. */
function expected(): DataView {
  let seed = 1;
  const next = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0);
  const bytes = Uint8Array.from({ length: 2048 }, () => next() >>> 24);
  const numbers = Uint32Array.from({ length: 500 }, next);
  const out = new DataView(new ArrayBuffer(48));
  out.setUint32(0, crc32(bytes), true);
  out.setUint32(8, parse(bytes), true);
  let mixed = 0x0123456789abcdefn;
  let quotients = 0n;
  for (const number of numbers) {
    mixed = BigInt.asUintN(64, mixed * 6364136223846793005n + BigInt(number));
    mixed ^= mixed >> 29n;
    quotients += mixed / BigInt((number | 1) >>> 0) + BigInt.asUintN(64, BigInt.asIntN(64, mixed) % 1000003n);
  }
  out.setBigUint64(16, mixed, true);
  out.setBigUint64(24, BigInt.asUintN(64, quotients), true);
  out.setUint32(4, crc32(new Uint8Array(Int32Array.from(numbers).sort().buffer)), true);
  out.setUint32(12, copyUnaligned(bytes), true);
  let harmonic = 0;
  for (let i = 1; i <= 200; i++) harmonic = Math.fround(harmonic + Math.fround(1 / i));
  out.setFloat32(32, harmonic, true);
  let root = 2;
  for (let i = 0; i < 20; i++) root = (root + 2 / root) / 2;
  out.setFloat64(40, root, true);
  return out;
}

const PARSERS: readonly ((value: number, byte: number) => number)[] = [
  (value, byte) => value + byte,
  (value) => value ^ (value << 5),
  (value) => (value >>> 7) | (value << 25),
  (value) => Math.imul(value, 33),
  (value) => ~value,
  (value) => value - 0x01020304,
  (value, byte) => Math.floor(value / (byte + 1)),
  (value) => value + ((value | 0) % 1000),
  (value) => value ^ 0x5a5a5a5a,
];

function parse(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => PARSERS[byte % 9]!(value, byte) >>> 0, 0);
}

function copyUnaligned(original: Uint8Array): number {
  const bytes = original.slice();
  const view = new DataView(bytes.buffer);
  let sum = 0;
  for (let shift = 0; shift < 8; shift++) {
    bytes.copyWithin(1024 + shift, 3 + shift * 2, 3 + shift * 2 + 61);
    sum = (sum + view.getUint32(1025 + shift, true)) >>> 0;
  }
  return sum;
}

const resultsOf = (core: BareCore): string => Buffer.from(core.axi.bytes.subarray(0x10000, 0x10000 + 36)).toString('hex') + Buffer.from(core.axi.bytes.subarray(0x10000 + 40, 0x10000 + 48)).toString('hex');

test.skipIf(!hasTools).each(['-O0', '-Os', '-O2', '-O3'])('C compiled with %s computes what JavaScript computes', (optimisation) => {
  const core = run(compile(optimisation), 1e9);
  const wanted = Buffer.from(expected().buffer);
  expect(resultsOf(core)).toBe(wanted.subarray(0, 36).toString('hex') + wanted.subarray(40).toString('hex'));
});

test.skipIf(!hasTools)('slices of 77, 333, 1000 and a billion ticks run the same program alike', () => {
  const program = compile('-Os');
  const state = (sliceTicks: number): unknown => {
    const { cpu, axi, dtcm } = run(program, sliceTicks);
    return { r: [...cpu.r.subarray(0, 31)], axi: crc32(axi.bytes), dtcm: crc32(dtcm.bytes) };
  };
  const whole = state(1e9);
  for (const sliceTicks of [77, 333, 1000]) expect(state(sliceTicks)).toEqual(whole);
});
