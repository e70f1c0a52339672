import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { encodeLzma, lengthWithParameters } from '../../host/codec/lzma-encoder.js';
import type { LzmaParameters } from '../../host/codec/lzma-model.js';
import { findMatches } from '../../host/codec/match-finder.js';
import { decodeWithLiblzma, encodeWithLiblzma, hasPythonLzma } from './python-lzma.js';
import { decodeRawLzma } from './reference-lzma.js';
import { sampleContent } from './sample-content.js';

const encode = (data: Uint8Array, parameters: LzmaParameters): Uint8Array => encodeLzma(data, findMatches(data), parameters).bytes;
const usual = { lc: 1, lp: 1, pb: 2 };

describe('raw LZMA1', () => {
  test.each([
    ['one byte', Uint8Array.of(0x5a)],
    ['three bytes', Uint8Array.of(1, 1, 1)],
    ['nothing but 0xFF', new Uint8Array(10_000).fill(0xff)],
    ['noise', new Random(1).fill(new Uint8Array(5000))],
    ['two bytes in turn', Uint8Array.from({ length: 3001 }, (_, at) => at & 1)],
    ['a match of the greatest length at the end', Uint8Array.from({ length: 2 * 273 }, (_, at) => (at % 273) * 7)],
  ])('%s comes out of a decoder written from the specification', (_, data) => {
    expect(Buffer.compare(decodeRawLzma(encode(data, usual), data.length, usual), data)).toBe(0);
  });

  test.each([
    { lc: 0, lp: 0, pb: 0 }, { lc: 4, lp: 0, pb: 4 }, { lc: 0, lp: 4, pb: 1 }, { lc: 3, lp: 1, pb: 3 }, { lc: 2, lp: 2, pb: 0 },
  ])('content like firmware, with lc $lc, lp $lp, pb $pb', (parameters) => {
    const data = sampleContent(20_000, 10 * parameters.lc + parameters.lp);
    expect(Buffer.compare(decodeRawLzma(encode(data, parameters), data.length, parameters), data)).toBe(0);
  });

  test('seeded small content of every length, made to match', () => {
    const random = new Random(2);
    for (let length = 1; length < 200; length++) {
      const data = Uint8Array.from({ length }, () => random.below(1 + random.below(4)));
      expect(Buffer.compare(decodeRawLzma(encode(data, usual), length, usual), data)).toBe(0);
    }
  });

  test('a carry runs through held-back 0xFF bytes', () => {
    // With noise every byte value follows every other: among 300 KB of output there are many carries through one 0xFF and some through two.
    const data = new Random(3).fill(new Uint8Array(300_000));
    expect(Buffer.compare(decodeRawLzma(encode(data, { lc: 0, lp: 0, pb: 0 }), data.length, { lc: 0, lp: 0, pb: 0 }), data)).toBe(0);
  });

  test('packets coded with the parameters they were chosen for come to what was encoded', () => {
    const data = sampleContent(30_000, 4);
    const { bytes, packets } = encodeLzma(data, findMatches(data), usual);
    expect(bytes.length - lengthWithParameters(data, packets, usual)).toBe(5);
  });
});

describe.skipIf(!hasPythonLzma)(`liblzma${hasPythonLzma ? '' : ' (skipped: no python3 with lzma)'}`, () => {
  const data = sampleContent(120_000, 5);

  test.each([usual, { lc: 3, lp: 0, pb: 2 }, { lc: 0, lp: 2, pb: 0 }])('decodes what we encode with lc $lc, lp $lp, pb $pb', (parameters) => {
    expect(Buffer.compare(decodeWithLiblzma(encode(data, parameters), data.length, parameters), data)).toBe(0);
  });

  test.each([usual, { lc: 3, lp: 0, pb: 2 }, { lc: 2, lp: 1, pb: 1 }])('with lc $lc, lp $lp, pb $pb xz -9e is not noticeably shorter than we are', (parameters) => {
    const theirs = encodeWithLiblzma(data, parameters);
    expect(encode(data, parameters).length).toBeLessThanOrEqual(1.002 * (theirs.length - 6));
  });
});
