/**
 * Packing begins with the job, while the ROM bootloader takes its round trips: for the likeliest part, and a flash that holds what the user says,
 * or nothing of the image. Where the survey says otherwise, what was begun is of no use, and packing begins anew (codec/packer-ahead.ts).
 */
import type { H7Part } from '../device/h7-part.js';
import { H7_PARTS } from '../device/h7-parts.js';
import { outsideFlash } from '../device/memory-map.js';
import type { Image } from '../image/image.js';
import { buildPlan } from '../plan/build-plan.js';
import { sectorContents } from '../plan/sector-contents.js';
import { crc32 } from '../protocol/crc32.js';
import type { Job } from './job.js';
import { knownContent } from './known-content.js';
import { packUpdate, packWrites } from './pack-plan.js';

/** @param packer one that remembers what it was asked */
export function packAhead(job: Pick<Job, 'image' | 'base' | 'cache' | 'packer' | 'options'>): void {
  const { image, base, packer, options } = job;
  const part = likeliestPart(image, options.chip);
  if (part === undefined || options.direct || options.compress === false) return;
  const held = base === undefined || options.full ? undefined : digestsOf(base, part);
  const plan = buildPlan(image, part, { sectorDigests: held });
  const packed = (held && packUpdate(plan, knownContent(plan, held, new Map(), job).runs, packer)?.content) ?? packWrites(plan, packer);
  // Whoever asks for it hears what went wrong.
  packed?.catch(() => undefined);
}

/** What is packed depends on the order of the sectors, the flash word and the RAM: the first part that holds an image has them in common with most. */
function likeliestPart(image: Image, chip: string | undefined): H7Part | undefined {
  const candidates = H7_PARTS.filter(({ name }) => chip === undefined || name.toLowerCase() === chip.toLowerCase());
  return candidates.find((part) => image.segments.every(({ address, bytes }) => outsideFlash(part, { address, lengthBytes: bytes.length }).length === 0));
}

/** Of a flash that holds this and nothing else that would help. */
function digestsOf(base: Image, part: H7Part): readonly (number | undefined)[] {
  const digests: (number | undefined)[] = [];
  for (const { sector, content } of sectorContents(base, part)) digests[sector.number] = crc32(content);
  return digests;
}
