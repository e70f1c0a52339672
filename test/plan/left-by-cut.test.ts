/** What tells a sector that a cut has left from one that somebody has written since. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { isNewer, isWrittenSince } from '../../host/plan/left-by-cut.js';

const WORD = 32;
const random = new Random(4);
const drawn = (): Uint8Array => random.fill(new Uint8Array(WORD));
const BLANK = new Uint8Array(WORD).fill(0xff);
/** Each bit from one or the other. */
const between = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  const choice = drawn();
  return one.map((byte, at) => (byte & choice[at]!) | (other[at]! & ~choice[at]!));
};

describe('a flash word', () => {
  test('that is what was kept, blank, or on the way from one to the other can be of the cut', () => {
    for (let seed = 0; seed < 200; seed++) {
      const kept = drawn();
      for (const now of [kept, BLANK, between(kept, BLANK)]) expect(isWrittenSince(now, kept)).toBe(false);
    }
  });

  test('with other content is not of the cut, nor is any where nothing was', () => {
    for (let seed = 0; seed < 200; seed++) {
      expect(isWrittenSince(drawn(), drawn())).toBe(true);
      expect(isWrittenSince(drawn(), BLANK)).toBe(true);
    }
    const kept = drawn();
    const oneBitLess = kept.slice();
    const at = kept.findIndex((byte) => byte !== 0);
    oneBitLess[at]! &= kept[at]! - 1;
    expect(isWrittenSince(oneBitLess, kept)).toBe(true);
  });
});

test('one word is proof where the sector reads well; where most of it does not, it is none', () => {
  expect(isNewer({ written: 0, lost: 0 })).toBe(false);
  expect(isNewer({ written: 1, lost: 0 })).toBe(true);
  expect(isNewer({ written: 3, lost: 1 })).toBe(true);
  expect(isNewer({ written: 3, lost: 500 })).toBe(false);
});
