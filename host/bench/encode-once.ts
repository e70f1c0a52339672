/** A process that packs one image and ends, so that its peak of memory is that of packing: `node encode-once.js FILE [BASE]`. Prints what encoder-table.ts reads. */
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { NO_SECTOR_CACHE } from '../cache/sector-cache.js';
import { PACKER, type Packer } from '../codec/packer.js';
import type { PackedContent } from '../codec/packed-content.js';
import { readImage } from '../image/read-image.js';
import { packAhead } from '../job/pack-ahead.js';

const [file, base] = process.argv.slice(2) as [string, string | undefined];
const image = await readImage(file, {});
const made: Promise<PackedContent>[] = [];
const noting: Packer = {
  pack: (...asked) => (made[made.length] = PACKER.pack(...asked)),
  diff: (...asked) => (made[made.length] = PACKER.diff(...asked)),
};
const startedMs = performance.now();
packAhead({ image, ...(base !== undefined && { base: await readImage(base, {}) }), cache: NO_SECTOR_CACHE, packer: noting, options: { imagePath: file, to: 'sim:', events: () => undefined } });
const [packed] = await Promise.all(made);
const seconds = (performance.now() - startedMs) / 1000;
process.stdout.write(JSON.stringify({ bytes: packed?.bytes.length, seconds, peakBytes: process.resourceUsage().maxRSS * 1024 }));
