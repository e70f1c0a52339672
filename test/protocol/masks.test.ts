import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { findForbidden, isFlowControl } from '../../host/protocol/forbidden-bytes.js';
import { encodeFrame, FrameDecoder, wireBytes } from '../../host/protocol/frame.js';
import { maskBytes, maskedLength, unmask } from '../../host/protocol/masks.js';

const FIRST_MASK_AT = 3;
const random = new Random(5);
/** Of two values alone, or of any. */
const content = (lengthBytes: number, isNasty: boolean): Uint8Array =>
  Uint8Array.from({ length: lengthBytes }, () => (isNasty ? 0x11 + 2 * random.below(2) : random.below(256)));

describe('several masks', () => {
  test('find a way round 0x11 and 0x13, and round forbidden sequences, for 3000 payloads of every length', () => {
    for (let round = 0; round < 3000; round++) {
      const frame = { type: 1 + random.below(8), token: random.u32(), offset: random.u32(), payload: content(random.below(700), round % 2 === 0) };
      const bytes = encodeFrame(frame, 'several');
      expect(bytes.findIndex(isFlowControl)).toBe(-1);
      expect(findForbidden(bytes)).toBeUndefined();
      expect(bytes.length).toBe(wireBytes(frame.payload.length, 'several'));
      if (round % 30 === 0) expect(new FrameDecoder(frame.token).push(bytes)).toEqual([frame]);
    }
  });

  test('find one for 64 bytes that leave as few as can be', () => {
    // Every byte rules out two masks of its own: of 256, 126 are left, less what the masks themselves must not be.
    const worst = Uint8Array.from({ length: 64 }, (_, at) => (at & 1) | ((at >> 1) << 2) | 0x80);
    const wire = maskBytes(Uint8Array.of(1, 2, 3, 0, ...worst), FIRST_MASK_AT, 'several');
    expect(wire.some(isFlowControl)).toBe(false);
    expect(unmask(wire, FIRST_MASK_AT, 'several').subarray(4)).toEqual(worst);
  });

  test.each([[5, 5], [68, 68], [69, 70], [132, 133], [133, 135]])('make %i bytes into %i', (length, expected) => {
    expect(maskedLength(length, FIRST_MASK_AT, 'several')).toBe(expected);
    expect(maskedLength(length, FIRST_MASK_AT, 'one')).toBe(length);
    const plain = content(length, false).fill(0, FIRST_MASK_AT, FIRST_MASK_AT + 1);
    const wire = maskBytes(plain, FIRST_MASK_AT, 'several');
    expect(wire.length).toBe(expected);
    expect(unmask(wire, FIRST_MASK_AT, 'several')).toEqual(plain);
  });

  test('cost 1.6 % of a full frame', () => {
    expect(wireBytes(4096, 'several') / wireBytes(4096, 'one')).toBeCloseTo(1 + 1 / 64, 3);
  });
});
