import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { findForbidden } from '../../host/protocol/forbidden-bytes.js';
import { encodeFrame, FrameDecoder, FRAME_OVERHEAD_BYTES, HEADER_BYTES, type Frame } from '../../host/protocol/frame.js';
import { LIMITS } from '../../host/protocol/wire.js';

const TOKEN = 0x2a6b_9c4d;
const random = new Random(1);

const payloadOf = (lengthBytes: number): Uint8Array => random.fill(new Uint8Array(lengthBytes));
const frameOf = (lengthBytes: number, offset = 0x80): Frame => ({ type: 2, token: TOKEN, offset, payload: payloadOf(lengthBytes) });

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** What a decoder makes of bytes that arrive together, or in the given pieces. */
function decode(...pieces: readonly Uint8Array[]): { readonly frames: Frame[]; readonly decoder: FrameDecoder } {
  const decoder = new FrameDecoder(TOKEN);
  return { frames: pieces.flatMap((piece) => decoder.push(piece)), decoder };
}

describe('a whole frame', () => {
  test.each([0, 1, 128, 4096, LIMITS.maxPayloadBytes.value])('of %i bytes comes out as it went in', (lengthBytes) => {
    const frame = frameOf(lengthBytes);
    const bytes = encodeFrame(frame);
    expect(bytes.length).toBe(lengthBytes + FRAME_OVERHEAD_BYTES);
    const { frames, decoder } = decode(bytes);
    expect(frames).toEqual([frame]);
    expect(decoder.discardedBytes).toBe(0);
  });

  test('comes out once, whole, wherever it is split', () => {
    const frame = frameOf(40);
    const bytes = encodeFrame(frame);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { frames, decoder } = decode(bytes.subarray(0, cut), bytes.subarray(cut));
      expect(frames).toEqual([frame]);
      expect(decoder.discardedBytes).toBe(0);
    }
  });

  test('comes out byte by byte', () => {
    const frame = frameOf(300);
    expect(decode(...Array.from(encodeFrame(frame), (byte) => Uint8Array.of(byte))).frames).toEqual([frame]);
  });

  test('comes out with its neighbours, in order', () => {
    const sent = [frameOf(0), frameOf(128, 1), frameOf(7, 2), frameOf(1, 3)];
    expect(decode(join(...sent.map((frame) => encodeFrame(frame)))).frames).toEqual(sent);
  });
});

describe('a damaged frame', () => {
  test('yields nothing, whichever single bit is flipped', () => {
    const bytes = encodeFrame(frameOf(64));
    let rejected = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const { frames, decoder } = decode(damaged);
      expect([...frames, ...decoder.settle()]).toEqual([]);
      rejected++;
    }
    expect(rejected).toBe((64 + FRAME_OVERHEAD_BYTES) * 8);
  });

  test('yields nothing, wherever it is truncated', () => {
    const bytes = encodeFrame(frameOf(64));
    for (let length = 0; length < bytes.length; length++) {
      const { frames, decoder } = decode(bytes.subarray(0, length));
      expect([...frames, ...decoder.settle()]).toEqual([]);
    }
  });

  test('does not take the next one along, whichever of its bytes is lost', () => {
    const next = frameOf(64, 0x100);
    const bytes = encodeFrame(frameOf(64));
    for (let lost = 0; lost < bytes.length; lost++) {
      const { frames, decoder } = decode(join(bytes.subarray(0, lost), bytes.subarray(lost + 1), encodeFrame(next)));
      expect([...frames, ...decoder.settle()]).toEqual([next]);
      expect(decoder.discardedBytes).toBe(bytes.length - 1);
    }
  });

  test('gives up the whole frame inside of it once its own CRC fails', () => {
    const inner = frameOf(20, 7);
    const outer = encodeFrame({ ...frameOf(0), payload: join(payloadOf(10), encodeFrame(inner), payloadOf(10)) });
    expect(decode(outer).frames).toHaveLength(1);
    outer[outer.length - 1]! ^= 1;
    const { frames, decoder } = decode(outer);
    expect(frames).toEqual([inner]);
    // What stands behind it is too short for a header and may still become one.
    expect(decoder.discardedBytes).toBe(HEADER_BYTES + 10);
  });

  test('that lacks its end holds back what follows only until the line is quiet', () => {
    const next = frameOf(20, 9);
    const decoder = new FrameDecoder(TOKEN);
    expect(decoder.push(join(encodeFrame(frameOf(4096)).subarray(0, 2000), encodeFrame(next)))).toEqual([]);
    expect(decoder.settle()).toEqual([next]);
    expect(decoder.discardedBytes).toBe(2000);
    expect(decoder.settle()).toEqual([]);
  });
});

describe('what is no frame', () => {
  test('is discarded and counted, before, between and behind frames', () => {
    const [first, second] = [frameOf(30), frameOf(30, 1)];
    const banner = new TextEncoder().encode('HEARTBEAT\r\n');
    const { frames, decoder } = decode(join(banner, encodeFrame(first), banner, banner, encodeFrame(second), banner, new Uint8Array(HEADER_BYTES - 1)));
    expect(frames).toEqual([first, second]);
    expect(decoder.discardedBytes).toBe(4 * banner.length);
  });

  test('never becomes one: 200 000 random bytes', () => {
    const { frames, decoder } = decode(new Random(2).fill(new Uint8Array(200_000)));
    expect([...frames, ...decoder.settle()]).toEqual([]);
    expect(decoder.foreignFrames).toBe(0);
  });

  test('is a header that announces more than the wire allows, even with a right check and CRC', () => {
    const { frames, decoder } = decode(encodeFrame(frameOf(LIMITS.maxPayloadBytes.value + 1)));
    expect([...frames, ...decoder.settle()]).toEqual([]);
  });
});

test('a frame of another session is counted and not handed out', () => {
  const ours = frameOf(16);
  const { frames, decoder } = decode(encodeFrame({ ...ours, token: TOKEN ^ 1 }), encodeFrame(ours));
  expect(frames).toEqual([ours]);
  expect(decoder.foreignFrames).toBe(1);
  expect(decoder.discardedBytes).toBe(0);
});

describe('the mask', () => {
  test('keeps every forbidden sequence off the wire, in 10 000 frames made of little else', () => {
    const pieces = [[0x55, 0xaa, 0x55, 1, 0xc2, 0, 3, 0xc6], [0x92, 0x6d], [0x82, 0x7d], [0x43, 0xbc], [0x44, 0xbb], [0x63, 0x9c], [0x73, 0x8c]];
    let masked = 0;
    for (let round = 0; round < 10_000; round++) {
      const payload = Uint8Array.from(Array.from({ length: 6 }, () => [random.below(256), ...pieces[random.below(pieces.length)]!]).flat());
      const frame = { type: 2, token: random.u32(), offset: random.u32(), payload };
      const bytes = encodeFrame(frame);
      expect(findForbidden(bytes)).toBeUndefined();
      if (bytes[3] !== 0) masked++;
      if (round % 100 === 0) expect(new FrameDecoder(frame.token).push(bytes)).toEqual([frame]);
    }
    expect(masked).toBe(10_000);
  });

  test('is not used where nothing is forbidden', () => {
    expect(encodeFrame({ type: 2, token: TOKEN, offset: 0, payload: new Uint8Array(128) })[3]).toBe(0);
  });
});
