/**
 * `make blobs`: puts what the compiler made into stub/manifest.json, with the hashes that tell whether blob and sources belong together.
 *
 * Usage: node record-blobs.js BUILD_FOLDER COMPILER_VERSION [MANIFEST]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BLOB_NAMES, describeBlob, finishStub, type BlobName, type Manifest } from '../blobs/manifest.js';
import { findForbidden, isFlowControl } from '../protocol/forbidden-bytes.js';
import { sourcesSha256 } from './blob-sources.js';

const root = new URL('../../', import.meta.url);
const [buildFolder, compilerVersion, manifestPath = new URL('stub/manifest.json', root)] = process.argv.slice(2);
if (buildFolder === undefined || compilerVersion === undefined) throw new Error('usage: record-blobs BUILD_FOLDER COMPILER_VERSION [MANIFEST]');

function readBlob(name: BlobName): Uint8Array {
  const bytes = new Uint8Array(readFileSync(join(buildFolder!, `${name}.bin`)));
  return name === 'stub' ? finishStub(bytes, readBlob('codec')) : bytes;
}

const blobs = Object.fromEntries(BLOB_NAMES.map((name) => [name, readBlob(name)])) as Record<BlobName, Uint8Array>;
// The loader goes through Write Memory as it is; what comes later has masks.
const forbidden = findForbidden(blobs.loader);
if (forbidden !== undefined) throw new Error(`the loader contains ${forbidden}: change its code a little`);
if (blobs.loader.some(isFlowControl)) throw new Error(`the loader contains 0x11 or 0x13 at offset ${blobs.loader.findIndex(isFlowControl)}: change its code a little`);
const manifest: Manifest = {
  compiler: `arm-none-eabi-gcc ${compilerVersion}`,
  sourcesSha256: sourcesSha256(root),
  blobs: Object.fromEntries(BLOB_NAMES.map((name) => [name, describeBlob(name, blobs[name])])) as Manifest['blobs'],
};
writeFileSync(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`);
