import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { diffContent } from '../../host/codec/diff-content.js';
import type { TargetRun } from '../../host/codec/find-pieces.js';
import { packContent } from '../../host/codec/pack-content.js';
import { DeskUnpacker, RESULT, hasCompiler, type Conditions, type Unpacked } from './desk-unpacker.js';
import { movedContent } from './moved-content.js';
import { sampleContent } from './sample-content.js';

const alone = { threads: 0 } as const;
const FLASH = 0x08000000;
const half = 4096;
const memory = { historyBytes: 4096, halfTheShifts: half } as const;

const everything = [{ from: FLASH, to: FLASH + 0x200000 }];

/** Runs of one sector each, all that differ, with their own old sector and its neighbours readable. */
function sectorRuns(old: Uint8Array, content: Uint8Array, sectorBytes: number, address = FLASH): TargetRun[] {
  return Array.from({ length: Math.ceil(content.length / sectorBytes) }, (_, sector) => sectorBytes * sector)
    .filter((at) => Buffer.compare(old.subarray(at, at + sectorBytes), content.subarray(at, at + sectorBytes)) !== 0)
    .map((at) => ({
      run: { address: address + at, bytes: content.subarray(at, at + sectorBytes) },
      readable: [{ from: address + at - sectorBytes, to: address + at + 2 * sectorBytes }],
    }));
}

function expectTargets({ result, words }: Unpacked, targets: readonly TargetRun[], wordBytes = 32): void {
  expect(result).toBe(RESULT.done);
  const runs = targets.map(({ run }) => run);
  expect(words.map(({ address }) => address)).toEqual(runs.flatMap(({ address, bytes }) => Array.from({ length: bytes.length / wordBytes }, (_, word) => address + wordBytes * word)));
  expect(Buffer.compare(Buffer.concat(words.map(({ bytes }) => bytes)), Buffer.concat(runs.map(({ bytes }) => bytes)))).toBe(0);
}

describe.skipIf(!hasCompiler)(`updates, unpacked on the desk${hasCompiler ? '' : ' (skipped: no gcc)'}`, () => {
  const desk = hasCompiler ? new DeskUnpacker() : undefined!;
  afterAll(() => desk?.close());

  const roundTrip = async (old: Uint8Array, targets: readonly TargetRun[], conditions: Conditions = {}): Promise<{ readonly lengthBytes: number; readonly unpacked: Unpacked }> => {
    const packed = await diffContent([{ address: FLASH, bytes: old }], targets, memory, { ...alone, mostSpans: 2000 });
    const all = { mostSpans: 2000, recentBytes: memory.historyBytes, old, relocation: { half, granuleShift: packed.parameters >> 12 }, ...conditions };
    return { lengthBytes: packed.bytes.length, unpacked: desk.run([{ packed, conditions: all }])[0]! };
  };

  test('code that was moved comes out right, at a fraction of what it comes to without its past', async () => {
    const update = movedContent(800, 1, 48 * 1024);
    const targets = sectorRuns(update.old, update.new, 8192);
    const { lengthBytes, unpacked } = await roundTrip(update.old, targets);
    expectTargets(unpacked, targets);
    const whole = await packContent(targets.map(({ run }) => run), alone);
    expect(lengthBytes).toBeLessThan(0.2 * whole.bytes.length);
  });

  test.each(Array.from({ length: 10 }, (_, seed) => seed))('input in random pieces, banks busy now and then: seed %i', async (seed) => {
    const random = new Random(seed);
    const wordBytes = random.below(2) === 0 ? 16 : 32;
    const update = movedContent(20 + random.below(300), seed, 32 * (64 + random.below(400)));
    const targets = sectorRuns(update.old, update.new, 2048).sort(() => random.fraction() - 0.5);
    const { unpacked } = await roundTrip(update.old, targets, { wordBytes, seed, ringBytes: 512, mostPiece: 1 + random.below(200), busyPercent: random.below(50) });
    expectTargets(unpacked, targets, wordBytes);
  });

  test('text that moves by an odd number of bytes is copied', async () => {
    const text = new Random(3).fill(new Uint8Array(8000)).map((byte) => 32 + byte % 90);
    const old = new Uint8Array(8192).fill(0xff);
    const content = old.slice();
    old.set(text, 100);
    content.set(text, 107);
    const targets = [{ run: { address: FLASH, bytes: content }, readable: everything }];
    const { lengthBytes, unpacked } = await roundTrip(old, targets);
    expectTargets(unpacked, targets);
    expect(lengthBytes).toBeLessThan(100);
  });

  test('content that has nothing to do with the old one costs no more than without it', async () => {
    const content = sampleContent(32 * 1024, 4);
    const targets = [{ run: { address: FLASH, bytes: content }, readable: everything }];
    const { lengthBytes, unpacked } = await roundTrip(sampleContent(32 * 1024, 5), targets, { recentBytes: 32768 });
    expectTargets(unpacked, targets);
    const whole = await packContent([targets[0]!.run], alone);
    expect(lengthBytes).toBeLessThan(1.1 * whole.bytes.length);
  });

  test('where there is memory for few spans only, there are few', async () => {
    const update = movedContent(600, 10, 32 * 1024);
    const targets = sectorRuns(update.old, update.new, 8192);
    const packed = await diffContent([{ address: FLASH, bytes: update.old }], targets, memory, { ...alone, mostSpans: 20 });
    const conditions = { mostSpans: 20, recentBytes: memory.historyBytes, old: update.old, relocation: { half, granuleShift: packed.parameters >> 12 } };
    expectTargets(desk.run([{ packed, conditions }])[0]!, targets);
  });

  test('each run is complete with the bytes that are said to be taken after it, to the byte', async () => {
    const update = movedContent(300, 6, 16 * 1024);
    const targets = sectorRuns(update.old, update.new, 2048);
    const packed = await diffContent([{ address: FLASH, bytes: update.old }], targets, memory, { ...alone, mostSpans: 2000 });
    const conditions = { mostSpans: 2000, old: update.old, relocation: { half, granuleShift: packed.parameters >> 12 }, ringBytes: 32768 };
    expect(packed.takenAfterRun.at(-1)).toBe(packed.bytes.length);
    for (const [at, taken] of packed.takenAfterRun.entries()) {
      const [cut, early] = desk.run([taken, taken - 1].map((length) => ({ packed: { ...packed, bytes: packed.bytes.subarray(0, length) }, conditions })));
      const words = 64 * (at + 1);
      expect(cut!.words.length).toBeGreaterThanOrEqual(words);
      expect(early!.words.length).toBeLessThan(words);
    }
  });

  test('nothing is read that the run may not read', async () => {
    const update = movedContent(400, 7, 24 * 1024);
    const targets = sectorRuns(update.old, update.new, 4096);
    const { readable } = targets[2]!;
    const old = update.old.map((byte, at) => (readable.some(({ from, to }) => FLASH + at >= from && FLASH + at < to) ? byte : 0xaa));
    const only = [targets[2]!];
    const [one, other] = await Promise.all([update.old, old].map((bytes) => diffContent([{ address: FLASH, bytes }], only, memory, { ...alone, mostSpans: 2000 })));
    expect(one!.bytes).toEqual(other!.bytes);
  });

  test('a copy of what is not there is refused before its word', async () => {
    const update = movedContent(300, 8, 16 * 1024);
    const targets = sectorRuns(update.old, update.new, 4096);
    const { unpacked } = await roundTrip(update.old, targets, { old: update.old.subarray(0, 6000) });
    expect(unpacked.result).toBe(RESULT.broken);
    expect(unpacked.words.length).toBeLessThan(targets.length * 128);
  });

  test('a small update with any one bit flipped ends, with an error or with other words, and touches nothing else', async () => {
    const update = movedContent(60, 9, 4096);
    const targets = sectorRuns(update.old, update.new, 1024);
    const packed = await diffContent([{ address: FLASH, bytes: update.old }], targets, memory, { ...alone, mostSpans: 2000 });
    const jobs = Array.from({ length: 8 * packed.bytes.length }, (_, bit) => {
      const bytes = packed.bytes.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      return { packed: { ...packed, bytes }, conditions: { mostSpans: 200, old: update.old, relocation: { half: 64, granuleShift: packed.parameters >> 12 }, mostPiece: 50, seed: bit } };
    });
    const ends: readonly number[] = [RESULT.broken, RESULT.done, RESULT.outsideFlash];
    for (const { result } of desk.run(jobs)) expect(ends).toContain(result);
  });
});

const firmware = fileURLToPath(new URL('../../../shared/firmware/', import.meta.url));
const hasFirmware = existsSync(firmware);
const compiled = new URL('../../dist/codec/diff-content.js', import.meta.url);
const built = existsSync(compiled) ? ((await import(compiled.href)) as { diffContent: typeof diffContent }) : undefined;

// The column "relocation-aware, in place" of ../shared/firmware/README.md.
describe.skipIf(!hasFirmware || built === undefined || !hasCompiler)(`real updates${hasFirmware ? (built === undefined ? ' (skipped: not built)' : '') : ' (skipped: no ../shared/firmware)'}`, () => {
  const desk = hasCompiler ? new DeskUnpacker() : undefined!;
  afterAll(() => desk?.close());

  const readFirmware = (name: string): Uint8Array => {
    const file = readFileSync(firmware + name);
    const bytes = new Uint8Array(Math.ceil(file.length / 32) * 32).fill(0xff);
    bytes.set(file);
    return bytes;
  };

  test.each([
    ['openmv4_20190826.bin', 'openmv4_20190827.bin', FLASH, 4292],
    ['openmv4_20190827.bin', 'openmv4_20190916.bin', FLASH, 21257],
    ['openmv4_20190916.bin', 'openmv4_20190927.bin', FLASH, 4311],
    ['openmv4_uvc_20190916.bin', 'openmv4_uvc_20190927.bin', 0x08040000, 447],
    ['portenta_bootloader_v22.bin', 'portenta_bootloader_v23.bin', FLASH, 20002],
    ['daisy_bootloader_6.3.bin', 'daisy_bootloader_6.4.bin', FLASH, 3055],
  ])('%s → %s comes to no more than a tenth above the best that was measured, and comes out right', async (from, to, address, measured) => {
    const old = readFirmware(from);
    const targets = sectorRuns(old, readFirmware(to), 128 * 1024, address);
    const packed = await built!.diffContent([{ address, bytes: old }], targets, { historyBytes: 32768, halfTheShifts: 8192 }, { mostSpans: 2000 });
    expect(packed.bytes.length).toBeLessThanOrEqual(1.1 * measured);
    const image = new Uint8Array(address - FLASH + old.length);
    image.set(old, address - FLASH);
    const relocation = { half: 8192, granuleShift: packed.parameters >> 12 };
    expectTargets(desk.run([{ packed, conditions: { mostSpans: 4000, recentBytes: 32768, ringBytes: 65536, old: image, relocation } }])[0]!, targets);
  });
});
