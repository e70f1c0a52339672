import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { blobOf, readManifest } from '../../host/blobs/manifest.js';
import { Random } from '../../host/board/random.js';
import { stubChunks } from '../../host/loader/loader-chunks.js';
import { loaderFrames } from '../../host/loader/loader-frames.js';
import { findForbidden } from '../../host/protocol/forbidden-bytes.js';

const TOKEN = 0x2a6b_9c4d;
const STUB = 0x2000_4800;
const CHUNK = 256;

interface Taken {
  readonly token: number;
  readonly address: number;
  readonly isCalled: boolean;
  readonly chunk: Uint8Array;
  readonly isRight: boolean;
}

/** What the loader makes of a frame, after stub/loader/loader.c and zlib. */
function take(frame: Uint8Array): Taken {
  const bytes = frame.slice();
  const mask = bytes[8]!;
  for (let at = 12; at < bytes.length; at++) bytes[at]! ^= mask;
  const view = new DataView(bytes.buffer);
  return {
    token: view.getUint32(0, true), address: view.getUint32(4, true), isCalled: (view.getUint32(8, true) & 0x100) !== 0,
    chunk: bytes.slice(12, 12 + CHUNK), isRight: view.getUint32(12 + CHUNK, true) === zlibCrc32(bytes.subarray(4, 12 + CHUNK)),
  };
}

describe('the stub cut into loader frames', () => {
  const stub = blobOf(readManifest(), 'stub').bytes;
  const frames = loaderFrames(stubChunks(stub), TOKEN);
  const taken = frames.map(({ bytes }) => take(bytes));

  test('carries token and CRC in every frame', () => {
    expect(frames.every(({ bytes }) => bytes.length === 272)).toBe(true);
    expect(taken.every(({ token, isRight }) => token === TOKEN && isRight)).toBe(true);
  });

  test('covers the stub without gap or overlap, 0xFF behind its end', () => {
    const memory = new Uint8Array(frames.length * CHUNK);
    for (const { address, chunk } of taken) memory.set(chunk, address - STUB);
    expect(Buffer.compare(memory.subarray(0, stub.length), stub)).toBe(0);
    expect(memory.subarray(stub.length).every((byte) => byte === 0xff)).toBe(true);
    expect(new Set(taken.map(({ address }) => address)).size).toBe(Math.ceil(stub.length / CHUNK));
  });

  test('sends the first chunk last, and has only that one called', () => {
    expect(taken.map(({ isCalled }) => isCalled)).toEqual([...Array.from({ length: frames.length - 1 }, () => false), true]);
    expect(taken.at(-1)?.address).toBe(STUB);
  });

  test('names the address that the answer will repeat', () => {
    expect(frames.map(({ address }) => address)).toEqual(taken.map(({ address }) => address));
  });
});

test('a stub of nothing but forbidden sequences crosses the wire without one of them', () => {
  const random = new Random(4);
  const commands = [[0x92, 0x6d], [0x82, 0x7d], [0x43, 0xbc], [0x44, 0xbb], [0x55, 0xaa, 0x55, 1, 0xc2, 0, 3, 0xc6]];
  const stub = Uint8Array.from(Array.from({ length: 800 }, () => commands[random.below(commands.length)]!).flat()).subarray(0, 2048);
  const frames = loaderFrames(stubChunks(stub), TOKEN);
  expect(frames.map(({ bytes }) => findForbidden(bytes))).toEqual(frames.map(() => undefined));
  expect(frames.map(({ bytes }) => take(bytes).isRight)).toEqual(frames.map(() => true));
});

test('one chunk is enough for a stub of one byte', () => {
  expect(loaderFrames(stubChunks(Uint8Array.of(1)), TOKEN).map(({ bytes }) => take(bytes).isCalled)).toEqual([true]);
});
