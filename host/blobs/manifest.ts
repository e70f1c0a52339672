/**
 * The code for the board as it was built: stub/manifest.json. Committed, so that nobody needs an ARM compiler to flash; a test
 * rebuilds it wherever there is one.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { crc32 } from '../protocol/crc32.js';
import { LIMITS, STUB_HEADER } from '../protocol/wire.js';

/** Where each blob goes. */
const BLOB_ADDRESSES = {
  loader: LIMITS.loaderBaseAddress.value,
  starter: LIMITS.starterBaseAddress.value,
  stub: LIMITS.stubBaseAddress.value,
  codec: LIMITS.codecBaseAddress.value,
  'application-bank1': 0x08000000,
  'application-bank2': 0x08100000,
} as const;

export type BlobName = keyof typeof BLOB_ADDRESSES;
export const BLOB_NAMES = Object.keys(BLOB_ADDRESSES) as readonly BlobName[];

export interface BlobEntry {
  readonly address: string;
  readonly lengthBytes: number;
  readonly sha256: string;
  /** Base64 of the raw deflate stream of the blob. */
  readonly deflated: string;
}

export interface Manifest {
  /** Name and version: the same version makes the same bytes. */
  readonly compiler: string;
  /** Over all sources, linker scripts and flags. */
  readonly sourcesSha256: string;
  readonly blobs: Readonly<Record<BlobName, BlobEntry>>;
}

/** Code or data and where it belongs. */
export interface Blob {
  readonly address: number;
  readonly bytes: Uint8Array;
}

const MANIFEST_URL = new URL('../../stub/manifest.json', import.meta.url);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * The manifest that belongs to this installation. STAGE_FLASH_MANIFEST names another one: how the tests run on freshly built code.
 */
export function readManifest(path: string | URL = process.env['STAGE_FLASH_MANIFEST'] ?? MANIFEST_URL): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

/** @throws when the blob is not what its hash says: a damaged installation. */
export function blobOf(manifest: Manifest, name: BlobName): Blob {
  const entry = manifest.blobs[name];
  const bytes = new Uint8Array(inflateRawSync(Buffer.from(entry.deflated, 'base64')));
  if (sha256(bytes) !== entry.sha256) throw new Error(`stub/manifest.json is damaged: ${name} does not have its SHA-256`);
  return { address: Number(entry.address), bytes };
}

export function describeBlob(name: BlobName, bytes: Uint8Array): BlobEntry {
  return {
    address: `0x${BLOB_ADDRESSES[name].toString(16).padStart(8, '0')}`,
    lengthBytes: bytes.length,
    sha256: sha256(bytes),
    deflated: deflateRawSync(bytes, { level: 9 }).toString('base64'),
  };
}

/** The stub with the header that its self-check reads: length and CRC, and the CRC of the codec that it was linked with. Padded to whole words. */
export function finishStub(linked: Uint8Array, codec: Uint8Array): Uint8Array {
  const stub = new Uint8Array(Math.ceil(linked.length / 4) * 4);
  stub.set(linked);
  const view = new DataView(stub.buffer);
  view.setUint32(STUB_HEADER.length.offset, stub.length, true);
  view.setUint32(STUB_HEADER.codecCrc.offset, crc32(codec), true);
  view.setUint32(STUB_HEADER.crc.offset, crc32(stub.subarray(STUB_HEADER.codecCrc.offset)), true);
  return stub;
}
