import { afterAll, describe, expect, test } from 'vitest';
import { joinBlocks } from '../../host/codec/choose-filters.js';
import { contentStream, encodeStream } from '../../host/codec/content-stream.js';
import { filterContent, joinRuns } from '../../host/codec/filters.js';
import type { LzmaParameters } from '../../host/codec/lzma-model.js';
import { findMatches } from '../../host/codec/match-finder.js';
import { packContent } from '../../host/codec/pack-content.js';
import type { PackedContent } from '../../host/codec/packed-content.js';
import type { Segment } from '../../host/image/image.js';
import { Random } from '../../host/board/random.js';
import { DeskUnpacker, RESULT, hasCompiler, type Conditions, type Unpacked } from './desk-unpacker.js';
import { encodeWithLiblzma, hasPythonLzma } from './python-lzma.js';
import { sampleContent, scatterRuns } from './sample-content.js';

const alone = { threads: 0 } as const;

function expectRuns(unpacked: Unpacked, runs: readonly Segment[], wordBytes = 32): void {
  expect(unpacked.result).toBe(RESULT.done);
  const words = runs.flatMap((run) =>
    Array.from({ length: run.bytes.length / wordBytes }, (_, word) => ({
      address: run.address + wordBytes * word,
      bytes: run.bytes.slice(wordBytes * word, wordBytes * (word + 1)),
    })),
  );
  expect(unpacked.words.length).toBe(words.length);
  const wrong = words.findIndex(({ address, bytes }, at) => unpacked.words[at]!.address !== address || Buffer.compare(unpacked.words[at]!.bytes, bytes) !== 0);
  expect(wrong).toBe(-1);
}

describe.skipIf(!hasCompiler)(`the stub's unpacker on the desk${hasCompiler ? '' : ' (skipped: no gcc)'}`, () => {
  const desk = hasCompiler ? new DeskUnpacker() : undefined!;
  afterAll(() => desk?.close());

  const unpack = (packed: PackedContent, conditions: Conditions): Unpacked => desk.run([{ packed, conditions }])[0]!;

  test('what the host packs comes out again, far history read back from flash', async () => {
    const runs = scatterRuns(sampleContent(96 * 1024, 1), 5, 1);
    const packed = await packContent(runs, alone);
    const unpacked = unpack(packed, { recentBytes: 4096 });
    expectRuns(unpacked, runs);
    expect(unpacked.flashReads).toBeGreaterThan(1000);
  });

  test.each(Array.from({ length: 12 }, (_, seed) => seed))('input in random pieces, banks busy now and then, words late: seed %i', async (seed) => {
    const random = new Random(seed);
    const wordBytes = random.below(2) === 0 ? 16 : 32;
    const content = sampleContent(wordBytes * (1 + random.below(900)), seed);
    const runs = scatterRuns(content, 1 + random.below(Math.min(20, content.length / wordBytes)), seed, wordBytes);
    const packed = await packContent(runs, alone);
    const conditions = { wordBytes, recentBytes: 4096, ringBytes: 128 * (1 + random.below(8)), seed, mostPiece: 1 + random.below(300), busyPercent: random.below(90) };
    expectRuns(unpack(packed, conditions), runs, wordBytes);
  });

  test('a small stream may be cut at every byte', async () => {
    const runs = scatterRuns(sampleContent(2048, 3), 3, 3);
    const packed = await packContent(runs, alone);
    const jobs = Array.from({ length: packed.bytes.length - 1 }, (_, at) => ({ packed, conditions: { firstPiece: at + 1, mostPiece: 64, seed: at } }));
    for (const unpacked of desk.run(jobs)) expectRuns(unpacked, runs);
  });

  test('any lc, lp, pb that the stub accepts', () => {
    const runs = scatterRuns(sampleContent(3 * 4096, 4), 2, 4);
    const filters = Uint8Array.of(0, 3, 0, 1, 8, 4);
    const sets = [0, 1, 2, 3, 4].flatMap((lc) => [0, 1, 2, 3, 4].flatMap((lp) => [0, 1, 2, 3, 4].map((pb) => ({ lc, lp, pb })))).filter(({ lc, lp }) => lc + lp <= 4);
    const jobs = sets.map((parameters) => ({ packed: packWith(runs, filters, parameters), conditions: { mostPiece: 100 } }));
    for (const unpacked of desk.run(jobs)) expectRuns(unpacked, runs);
  });

  test('every filter on every kind of content, differences across runs and blocks included', () => {
    const runs = scatterRuns(sampleContent(8 * 2048 + 96, 5), 6, 5);
    const jobs = [0, 1, 2, 3, 4, 6, 8].map((filter) => ({
      packed: packWith(runs, new Uint8Array(9).map((_, block) => (block % 3 === 0 ? 0 : filter)), { lc: 1, lp: 1, pb: 2 }),
      conditions: { busyPercent: 20 },
    }));
    for (const unpacked of desk.run(jobs)) expectRuns(unpacked, runs);
  });

  test.skipIf(!hasPythonLzma)(`what liblzma encodes is unpacked too${hasPythonLzma ? '' : ' (skipped: no python3 with lzma)'}`, () => {
    const runs = scatterRuns(sampleContent(64 * 1024, 10), 4, 10);
    const filters = new Uint8Array(32).map((_, block) => (block % 5 === 1 ? 4 : 0));
    const jobs = [{ lc: 0, lp: 1, pb: 1 }, { lc: 3, lp: 0, pb: 2 }, { lc: 1, lp: 3, pb: 4 }].map((parameters) => ({
      packed: packWith(runs, filters, parameters, { encode: encodeWithLiblzma }), conditions: { mostPiece: 500, ringBytes: 4096 },
    }));
    for (const unpacked of desk.run(jobs)) expectRuns(unpacked, runs);
  });

  test('a small stream with any one bit flipped ends, with an error or with other words, and touches nothing else', async () => {
    const runs = scatterRuns(sampleContent(1024, 6), 2, 6);
    const packed = await packContent(runs, alone);
    const jobs = Array.from({ length: 8 * packed.bytes.length }, (_, bit) => {
      const bytes = packed.bytes.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      return { packed: { ...packed, bytes }, conditions: { mostPiece: 50, seed: bit } };
    });
    const results = desk.run(jobs);
    const ends: readonly number[] = [RESULT.broken, RESULT.done, RESULT.outsideFlash];
    expect(results.every(({ result }) => ends.includes(result))).toBe(true);
    expect(results.filter(({ result }) => result === RESULT.broken).length).toBeGreaterThan(jobs.length / 4);
  });

  test('noise, wrong lengths and wrong parameters are refused or end', () => {
    const random = new Random(7);
    const jobs = Array.from({ length: 1500 }, (_, seed) => {
      const bytes = random.fill(new Uint8Array(1 + random.below(600)));
      if (seed % 3 !== 0) bytes[0] = 0;
      const packed = { parameters: random.below(seed % 2 === 0 ? 0x333 : 0x1000), directoryBytes: random.below(seed % 11 === 0 ? 2 ** 32 : 64), contentBytes: random.below(seed % 7 === 0 ? 2 ** 32 : 5000), takenAfterRun: [], bytes };
      return { packed, conditions: { mostPiece: 80, seed, mostSpans: 20 } };
    });
    for (const { result } of desk.run(jobs)) expect([RESULT.broken, RESULT.done, RESULT.outsideFlash]).toContain(result);
  });

  test('a directory whose runs are not the content is refused before the first word', () => {
    const run = { address: 0x08000000, bytes: sampleContent(4096, 8) };
    const broken = [
      { ...run, bytes: run.bytes.subarray(0, 4064) },
      { ...run, address: 0x08000010 },
    ].map((wrong) => ({ packed: packWith([run], new Uint8Array(2), { lc: 0, lp: 0, pb: 0 }, { directory: [wrong] }) }));
    for (const { result, words } of desk.run(broken)) expect({ result, words }).toEqual({ result: RESULT.broken, words: [] });
  });

  test('a directory beyond its memory is refused', async () => {
    const runs = scatterRuns(sampleContent(64 * 40, 9), 40, 9);
    const packed = await packContent(runs, alone);
    expect(unpack(packed, { mostSpans: 400 }).result).toBe(RESULT.done);
    expect(unpack(packed, { mostSpans: 20 }).result).toBe(RESULT.broken);
  });
});

type Encode = (stream: Uint8Array, parameters: LzmaParameters) => Uint8Array;

/** Packs with filters and parameters that nobody chose, if wanted by another encoder, or with a directory that lies. */
function packWith(runs: readonly Segment[], filters: Uint8Array, parameters: LzmaParameters, { encode, directory = runs }: { encode?: Encode; directory?: readonly Segment[] } = {}): PackedContent {
  const content = joinRuns(runs);
  const pieces = joinBlocks(filters, content.length);
  const stream = contentStream(directory, pieces, filterContent(content, runs, pieces));
  const packed = encodeStream(stream, findMatches(stream.bytes, { historyBytes: Infinity, directoryBytes: stream.directoryBytes }), parameters);
  return encode ? { ...packed, bytes: encode(stream.bytes, parameters) } : packed;
}
