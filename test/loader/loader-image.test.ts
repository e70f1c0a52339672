import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { blobOf, readManifest } from '../../host/blobs/manifest.js';
import { loaderImage, SLOT_MS } from '../../host/loader/loader-image.js';

const TOKEN = 0x2a6b_9c4d;
const loader = blobOf(readManifest(), 'loader').bytes;
const wordsOf = (image: Uint8Array): DataView => new DataView(image.buffer, image.byteOffset);

describe('the loader as the ROM gets it', () => {
  const image = loaderImage(loader, TOKEN, 10_000);

  test('fills two Write Memory frames exactly', () => {
    expect(image.length).toBe(512);
  });

  test('has token and patience where the loader reads them, and is otherwise as it was built', () => {
    const view = wordsOf(image);
    expect(view.getUint32(8, true)).toBe(TOKEN);
    expect(view.getUint32(12, true)).toBe(view.getUint32(16, true));
    expect(view.getUint32(12, true) * SLOT_MS).toBeGreaterThanOrEqual(10_000);
    expect((view.getUint32(12, true) - 1) * SLOT_MS).toBeLessThan(10_000);
    expect(Buffer.compare(image.subarray(0, 8), loader.subarray(0, 8))).toBe(0);
    expect(Buffer.compare(image.subarray(20, loader.length), loader.subarray(20))).toBe(0);
  });

  test('listens for one slot at least', () => {
    expect(wordsOf(loaderImage(loader, TOKEN, 0)).getUint32(12, true)).toBe(1);
  });

  test('starts in the loader’s own code, with a stack that ends well below the end of DTCM', () => {
    const view = wordsOf(image);
    // AN2606: a ROM refuses a Go image whose stack pointer is not below the end of its RAM by more than 16 bytes.
    expect(view.getUint32(0, true)).toBeLessThan(0x2002_0000 - 16);
    expect(view.getUint32(4, true) % 2).toBe(1);
    expect(view.getUint32(4, true)).toBeGreaterThan(0x2000_4100);
    expect(view.getUint32(4, true)).toBeLessThan(0x2000_4300);
  });
});

test('a listening slot is as long here as in the loader', () => {
  const source = readFileSync(new URL('../../stub/loader/loader.c', import.meta.url), 'utf8');
  const cycles = Number(/#define SLOT_CYCLES (0x[0-9A-F]+)u/.exec(source)?.[1]);
  expect(SLOT_MS).toBe((cycles / 64_000_000) * 1000);
});
