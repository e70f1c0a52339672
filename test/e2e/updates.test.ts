/** Updates in place: copies and relocation by the stub's own machine code, out of RAM and out of flash. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { sectorCache } from '../../host/cache/sector-cache.js';
import type { Memory } from '../../host/flash.js';
import { blobOf, readManifest } from '../../host/blobs/manifest.js';
import { flashImage } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { readImage } from '../../host/image/read-image.js';
import type { SimLink } from '../../host/link/sim-link.js';
import { sampleContent } from '../codec/sample-content.js';
import { firstDifference, flashedAlone, flashedOver, flashOf, imageOf, openBoard, runJob } from './virtual-board.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-updates-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Some 300 bytes more in the first sector, which move everything behind them, and a word changed here and there. */
function newer(old: Uint8Array): Uint8Array {
  const next = new Uint8Array(old.length);
  next.set(old.subarray(0, 0x1000));
  next.set(sampleContent(300, 9), 0x1000);
  next.set(old.subarray(0x1000, old.length - 300), 0x1000 + 300);
  for (let at = 0x3000; at < next.length; at += 0x7001) next[at]! ^= 0x55;
  return next;
}

const oldBank1 = sampleContent(0x5_8000, 21);
const oldBank2 = sampleContent(0x2_9000, 22);
const OLD = imageOf({ address: 0x0800_0000, bytes: oldBank1 }, { address: 0x0810_0000, bytes: oldBank2 });
const NEW = imageOf({ address: 0x0800_0000, bytes: newer(oldBank1) }, { address: 0x0810_0000, bytes: newer(oldBank2) });

function load(link: SimLink, image: Image): Uint8Array {
  const { flash } = link.world.board.chip;
  flash.load(flashedAlone(flash.snapshot().fill(0x5a), image, link));
  return flash.snapshot();
}

async function update(link: SimLink, image: Image, memory: Memory, chip?: string) {
  const warnings: string[] = [];
  const report = await flashImage(image, link, {
    imagePath: image.source, to: 'sim:', ...(chip && { chip }), events: (event) => event.type === 'warning' && warnings.push(event.text),
  }, memory);
  return { way: report.details.ways?.find(({ isChosen }) => isChosen)?.name, streamBytes: report.details.streamBytes!, warnings };
}

/** The decoder's own way to the board does not count. */
const CODEC_BYTES = blobOf(readManifest(), 'codec').bytes.length;

describe('an update', () => {
  test.each(['STM32H743xI', 'STM32H742xI', 'STM32H745xI'])('of %s is right, and a twentieth of its size', async (chip) => {
    const link = await openBoard(`chip=${chip}`);
    const before = load(link, OLD);
    const { way, streamBytes } = await update(link, NEW, { base: OLD }, chip);
    expect(firstDifference(flashOf(link), flashedOver(before, NEW, link))).toBeUndefined();
    expect(way).toBe('delta');
    expect(streamBytes).toBeLessThan(0.05 * (oldBank1.length + oldBank2.length));
    await link.close();
  });

  test('from a mixture of old and new sectors, as a cut leaves it, is right and no larger', async () => {
    const link = await openBoard('chip=STM32H743xI');
    const before = load(link, OLD);
    const mixed = before.slice();
    const wanted = flashedOver(before, NEW, link);
    for (const sector of [2, 8]) mixed.set(wanted.subarray(sector * 0x20000, (sector + 1) * 0x20000), sector * 0x20000);
    link.world.board.chip.flash.load(mixed);
    const { way, streamBytes } = await update(link, NEW, { base: OLD });
    expect(firstDifference(flashOf(link), wanted)).toBeUndefined();
    expect(way).toBe('delta');
    expect(streamBytes).toBeLessThan(0.06 * (oldBank1.length + oldBank2.length));
    await link.close();
  });

  test('of a sector behind a vector table that stays: that one comes back from RAM, and is copied from all the same', async () => {
    const link = await openBoard('chip=STM32H743xI');
    const before = load(link, OLD);
    const bytes = oldBank1.slice();
    bytes.set(oldBank1.subarray(0x100, 0x8000), 0x2_2000);
    const changed = imageOf({ address: 0x0800_0000, bytes }, { address: 0x0810_0000, bytes: oldBank2 });
    const { way, streamBytes } = await update(link, changed, { base: OLD });
    expect(firstDifference(flashOf(link), flashedOver(before, changed, link))).toBeUndefined();
    expect(way).toBe('delta');
    expect(streamBytes).toBeLessThan(1024 + CODEC_BYTES);
    await link.close();
  });

  test('over a base that the board does not hold is sent without it, and said so', async () => {
    const link = await openBoard('chip=STM32H743xI');
    const before = load(link, OLD);
    const other = imageOf({ address: 0x0800_0000, bytes: sampleContent(0x5_8000, 99) });
    const { way, warnings } = await update(link, NEW, { base: other });
    expect(firstDifference(flashOf(link), flashedOver(before, NEW, link))).toBeUndefined();
    expect(way).not.toBe('delta');
    expect(warnings.join('\n')).toContain('does not hold');
    await link.close();
  });
});

describe('what this host has flashed before', () => {
  test('is remembered, and found by what the survey says', async () => {
    const cache = sectorCache(join(folder, 'sectors'));
    const link = await openBoard('chip=STM32H743xI');
    const before = flashOf(link);
    await flashImage(OLD, link, { imagePath: '', to: 'sim:', events: () => undefined }, { cache });
    const { way } = await update(link, NEW, { cache });
    expect(firstDifference(flashOf(link), flashedOver(before, NEW, link))).toBeUndefined();
    expect(way).toBe('delta');
    await link.close();
  });

  test('--full sends everything all the same', async () => {
    const link = await openBoard('chip=STM32H743xI');
    load(link, OLD);
    const { report } = await runJob(NEW, link, { full: true });
    expect(report.details.ways!.map(({ name }) => name)).not.toContain('delta');
    await link.close();
  });
});

const firmware = fileURLToPath(new URL('../../../shared/firmware/', import.meta.url));
const hasFirmware = existsSync(firmware);

describe.skipIf(!hasFirmware)(`real updates${hasFirmware ? '' : ' (skipped: no ../shared/firmware)'}`, () => {
  // Bytes of the relocation-aware column of ../shared/firmware/README.md, which 1.1 times and 600 bytes of control must not exceed.
  test.each([
    ['openmv4_uvc_20190916.bin', 'openmv4_uvc_20190927.bin', 0x0804_0000, 447],
    ['portenta_bootloader_v22.bin', 'portenta_bootloader_v23.bin', 0x0800_0000, 20_002],
    ['daisy_bootloader_6.3.bin', 'daisy_bootloader_6.4.bin', 0x0800_0000, 3055],
  ])('%s → %s', async (oldName, newName, address, goodBytes) => {
    const [old, next] = [await readImage(firmware + oldName, { address }), await readImage(firmware + newName, { address })];
    const link = await openBoard('chip=STM32H743xI');
    const before = load(link, old);
    const { traffic } = link.world;
    let bytesBefore = 0;
    await flashImage(next, link, {
      imagePath: '', to: 'sim:', after: 'stay',
      events: (event) => { if (event.type === 'phase' && event.phase === 'survey') bytesBefore = traffic.bytesToBoard + traffic.bytesFromBoard; },
    }, { base: old });
    expect(firstDifference(flashOf(link), flashedOver(before, next, link))).toBeUndefined();
    expect(traffic.bytesToBoard + traffic.bytesFromBoard - bytesBefore - CODEC_BYTES).toBeLessThan(1.1 * goodBytes + 600);
    await link.close();
  });
});
