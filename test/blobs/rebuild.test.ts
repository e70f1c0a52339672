/** Where there is an ARM compiler, the code for the board is built again: the same compiler makes the same bytes, another one code that works. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BLOB_NAMES, blobOf, describeBlob, finishStub, readManifest, type BlobName, type Manifest } from '../../host/blobs/manifest.js';
import { fillFlash, firstDifference, flashedOver, flashOf, incompressible, openBoard, runJob } from '../e2e/virtual-board.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const recorded = readManifest(new URL('../../stub/manifest.json', import.meta.url));

/** As the Makefile chooses it. */
const compiler = existsSync(join(root, 'xpacks/.bin/arm-none-eabi-gcc')) ? join(root, 'xpacks/.bin/arm-none-eabi-gcc') : 'arm-none-eabi-gcc';
const version = spawnSync(compiler, ['-dumpfullversion'], { encoding: 'utf8' }).stdout?.trim();
const isSameCompiler = recorded.compiler === `arm-none-eabi-gcc ${version}`;

if (!version) console.warn('SKIPPED: no arm-none-eabi-gcc: loader and stub were not built again');
else if (!isSameCompiler) console.warn(`arm-none-eabi-gcc ${version} is not the recorded ${recorded.compiler}: its code is flashed with in place of being compared`);

describe.skipIf(!version)('loader, stub and application, built again', () => {
  let folder = '';
  let blobs: Record<BlobName, Uint8Array>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stage-flash-'));
    execFileSync('make', [`BUILD=${folder}`, ...BLOB_NAMES.map((name) => `${folder}/${name}.bin`)], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    const built = (name: BlobName): Uint8Array => new Uint8Array(readFileSync(join(folder, `${name}.bin`)));
    blobs = Object.fromEntries(BLOB_NAMES.map((name) => [name, name === 'stub' ? finishStub(built(name), built('codec')) : built(name)])) as typeof blobs;
  });
  afterAll(() => {
    delete process.env['STAGE_FLASH_MANIFEST'];
    rmSync(folder, { recursive: true, force: true });
  });

  test('fit: loader 512 bytes, stub and codec 8 and 4 KiB', () => {
    expect(blobs.loader.length).toBeLessThanOrEqual(512);
    expect(blobs.stub.length).toBeLessThanOrEqual(8192);
    expect(blobs.codec.length).toBeLessThanOrEqual(4096);
  });

  test.runIf(isSameCompiler).each(BLOB_NAMES)('by the recorded compiler: %s has the recorded bytes', (name) => {
    expect(firstDifference(blobs[name], blobOf(recorded, name).bytes)).toBeUndefined();
  });

  test('flash a board when STAGE_FLASH_MANIFEST names them', async () => {
    const manifest: Manifest = { ...recorded, compiler: `arm-none-eabi-gcc ${version}`, blobs: Object.fromEntries(BLOB_NAMES.map((name) => [name, describeBlob(name, blobs[name])])) as Manifest['blobs'] };
    process.env['STAGE_FLASH_MANIFEST'] = join(folder, 'manifest.json');
    writeFileSync(process.env['STAGE_FLASH_MANIFEST'], JSON.stringify(manifest));
    expect(readManifest().compiler).toBe(manifest.compiler);
    const link = await openBoard('rtt=100ms');
    const before = fillFlash(link, 5, 0x2000);
    const image = incompressible(30_000);
    await runJob(image, link);
    expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
  });
});
