import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BLOB_NAMES, blobOf, describeBlob, finishStub, readManifest } from '../../host/blobs/manifest.js';
import { crc32 } from '../../host/protocol/crc32.js';
import { findForbidden, isFlowControl } from '../../host/protocol/forbidden-bytes.js';
import { blobSources, sourcesSha256 } from '../../host/tools/blob-sources.js';

const root = new URL('../../', import.meta.url);
const manifest = readManifest(new URL('stub/manifest.json', root));

describe('stub/manifest.json', () => {
  test.each(BLOB_NAMES)('has the length and SHA-256 of %s right', (name) => {
    const entry = manifest.blobs[name];
    const bytes = inflateRawSync(Buffer.from(entry.deflated, 'base64'));
    expect(bytes.length).toBe(entry.lengthBytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(entry.sha256);
    expect(Buffer.from(blobOf(manifest, name).bytes).equals(bytes)).toBe(true);
  });

  test('was made from the sources that are here (else: make blobs)', () => {
    expect(manifest.sourcesSha256).toBe(sourcesSha256(root));
    expect(blobSources(root)).toEqual(expect.arrayContaining(['linker/stub.ld', 'stub/build.mk', 'stub/loader/loader.c', 'stub/wire.gen.h', 'stub/application/tables.mjs']));
  });

  test('names the compiler', () => {
    expect(manifest.compiler).toMatch(/^arm-none-eabi-gcc \d+\.\d+\.\d+$/);
  });

  test('keeps the sizes that were promised: loader 512 bytes, stub and codec 8 and 4 KiB', () => {
    expect(manifest.blobs.loader.lengthBytes).toBeLessThanOrEqual(512);
    expect(manifest.blobs.stub.lengthBytes).toBeLessThanOrEqual(8192);
    expect(manifest.blobs.codec.lengthBytes).toBeLessThanOrEqual(4096);
  });

  test('puts loader, stub and codec where every ROM and the linker scripts have them', () => {
    expect((['loader', 'stub', 'codec'] as const).map((name) => blobOf(manifest, name).address)).toEqual([0x2000_4100, 0x2000_4800, 0x2000_6800]);
  });

  test('has an application of at least 256 KiB of data in both banks', () => {
    const applications = ['application-bank1', 'application-bank2'] as const;
    expect(applications.reduce((sum, name) => sum + manifest.blobs[name].lengthBytes, 0)).toBeGreaterThanOrEqual(256 * 1024);
    expect(applications.map((name) => blobOf(manifest, name).address)).toEqual([0x0800_0000, 0x0810_0000]);
  });

  test('has a loader without XON, XOFF or anything forbidden: it crosses the wire as it is', () => {
    const { bytes } = blobOf(manifest, 'loader');
    expect(findForbidden(bytes)).toBeUndefined();
    expect(bytes.some(isFlowControl)).toBe(false);
  });

  test('has a stub whose header says length and CRC of itself, and the CRC of its codec', () => {
    const { bytes } = blobOf(manifest, 'stub');
    const view = new DataView(bytes.buffer);
    expect(view.getUint32(4, true)).toBe(bytes.length);
    expect(view.getUint32(28, true)).toBe(crc32(bytes.subarray(48)));
    expect(view.getUint32(48, true)).toBe(crc32(blobOf(manifest, 'codec').bytes));
    expect([32, 36, 40, 44].map((at) => view.getUint32(at, true))).toEqual([0, 0, 0, 0]);
    // The vectors of NMI and the faults are between.
    const vectors = [8, 12, 16, 20, 24].map((at) => view.getUint32(at, true));
    expect(vectors.every((vector) => vector % 2 === 1 && vector > 0x2000_4800 && vector < 0x2000_4800 + bytes.length)).toBe(true);
  });
});

describe('a blob', () => {
  test('that does not have its SHA-256 is not handed out', () => {
    const damaged = { ...manifest, blobs: { ...manifest.blobs, loader: { ...manifest.blobs.loader, sha256: '0'.repeat(64) } } };
    expect(() => blobOf(damaged, 'loader')).toThrow('SHA-256');
  });

  test('comes out of its description as it went in', () => {
    const bytes = Uint8Array.of(1, 2, 3, 255);
    const described = { ...manifest, blobs: { ...manifest.blobs, stub: describeBlob('stub', bytes) } };
    expect(blobOf(described, 'stub')).toEqual({ address: 0x2000_4800, bytes });
  });

  test('finished as a stub is whole words long, with length, CRC and the codec\'s CRC in its header', () => {
    const codec = Uint8Array.of(7, 8, 9);
    const finished = finishStub(Uint8Array.from({ length: 57 }, (_, at) => at), codec);
    const view = new DataView(finished.buffer);
    expect([finished.length, view.getUint32(4, true), view.getUint32(28, true), view.getUint32(48, true)]).toEqual([60, 60, crc32(finished.subarray(48)), crc32(codec)]);
  });
});
