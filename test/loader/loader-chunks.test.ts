import { describe, expect, test } from 'vitest';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { blobOf, readManifest } from '../../host/blobs/manifest.js';
import { programChunks, type LoaderChunk } from '../../host/loader/loader-chunks.js';
import { loaderFrames, refuseFlowControl } from '../../host/loader/loader-frames.js';
import { garbage } from '../e2e/virtual-board.js';

const AXI = 0x2400_0000;
const STARTER = 0x2000_4300;
const starter = blobOf(readManifest(), 'starter').bytes;

/** What the starter reads of itself: PROTOCOL.md §2.1. */
function told(chunks: readonly LoaderChunk[]) {
  const { bytes } = chunks.at(-1)!;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const pieces = Array.from({ length: 8 }, (_, at) => ({ address: view.getUint32(12 + 8 * at, true), lengthBytes: view.getUint32(16 + 8 * at, true) }));
  return { crc: view.getUint32(4, true), vectors: view.getUint32(8, true), pieces: pieces.filter(({ lengthBytes }) => lengthBytes > 0) };
}

/** RAM as the loader leaves it. */
function memoryOf(chunks: readonly LoaderChunk[]) {
  const bytes = new Map(chunks.flatMap(({ address, bytes }) => Array.from(bytes, (byte, at) => [address + at, byte] as const)));
  return (address: number, lengthBytes: number): Uint8Array => Uint8Array.from({ length: lengthBytes }, (_, at) => bytes.get(address + at) ?? NaN);
}

describe('a program cut into chunks', () => {
  const pieces = [{ address: 0x100, bytes: garbage(1, 1) }, { address: 0x20f, bytes: garbage(500, 2) }, { address: 0x2000_4501, bytes: garbage(3, 4) }, { address: AXI, bytes: garbage(1000, 3) }];
  const chunks = programChunks(pieces, AXI, starter);
  const read = memoryOf(chunks);

  test('brings every byte, in whole chunks, each once', () => {
    for (const { address, bytes } of pieces) expect(read(address, bytes.length)).toEqual(bytes);
    expect(chunks.every(({ address, bytes }) => address % 256 === 0 && bytes.length === 256)).toBe(true);
    expect(new Set(chunks.map(({ address }) => address)).size).toBe(chunks.length);
  });

  test('ends with the first chunk of the starter, which knows what to look at: the program and the rest of the starter', () => {
    const { crc, vectors, pieces: runs } = told(chunks);
    expect(chunks.at(-1)!.address).toBe(STARTER);
    expect(vectors).toBe(AXI);
    expect(runs).toEqual([{ address: 0x100, lengthBytes: 0x400 }, { address: 0x2000_4400, lengthBytes: 0x200 }, { address: AXI, lengthBytes: 0x400 }]);
    expect(runs.reduce((sum, run) => zlibCrc32(read(run.address, run.lengthBytes), sum), 0)).toBe(crc);
    expect(read(0x2000_4400, starter.length - 256)).toEqual(starter.slice(256));
  });

  test('the starter is the one that was built, but for its words', () => {
    const called = chunks.at(-1)!.bytes;
    expect(called.subarray(0, 4)).toEqual(starter.subarray(0, 4));
    expect(called.subarray(12 + 64)).toEqual(starter.subarray(12 + 64, 256));
  });
});

test('a program in more places than the starter has words for is refused', () => {
  const places = (count: number) => Array.from({ length: count }, (_, at) => ({ address: AXI + 0x1000 * at, bytes: garbage(8, at) }));
  expect(told(programChunks(places(7), AXI, starter)).pieces).toHaveLength(8);
  expect(() => programChunks(places(8), AXI, starter)).toThrow('9 places');
});

test('content that is the same all over finds a mask; an address that may not cross the link is refused', () => {
  for (const fill of [0, 0xff, 0x7f, 0x55]) expect(loaderFrames(programChunks([{ address: AXI, bytes: new Uint8Array(2048).fill(fill) }], AXI, starter), 1234, 'several')).toHaveLength(10);
  expect(() => refuseFlowControl(programChunks([{ address: AXI + 0x1100, bytes: garbage(8, 1) }], AXI, starter))).toThrow('0x24001100');
  expect(() => refuseFlowControl(programChunks([{ address: AXI + 0x1400, bytes: garbage(0xfd00, 1) }], AXI, starter))).not.toThrow();
});
