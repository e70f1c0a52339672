/** What the flash holds, sector by sector, as far as this host knows its content: by the survey's digests, never by belief. */
import type { H7Part } from '../device/h7-part.js';
import { findParts } from '../device/h7-parts.js';
import { sectors } from '../device/memory-map.js';
import type { Segment } from '../image/image.js';
import type { Image } from '../image/image.js';
import { crc32 } from '../protocol/crc32.js';
import { copyPlaces } from '../plan/copy-places.js';
import { incompleteSectors, type Plan } from '../plan/plan.js';
import { partialSectors, within, type SectorRest } from '../plan/rest.js';
import { sectorContents, type SectorContent } from '../plan/sector-contents.js';
import type { Job } from './job.js';

export interface KnownContent {
  /** In address order: whole sectors, or what stays of one that is not known otherwise. */
  readonly runs: readonly Segment[];
  /** Sectors of the base that the board holds, and all that it has; undefined where no base was given. */
  readonly ofBase?: { readonly held: number; readonly all: number };
}

/**
 * @param sectorDigests CRC-32 of each sector as it is; undefined for one that is not trusted
 * @param rests what sectors hold beside the image; of one that is not trusted it comes from elsewhere
 */
export function knownContent(plan: Plan, sectorDigests: readonly (number | undefined)[], rests: ReadonlyMap<number, SectorRest>, { cache, base, options: { chip } }: Pick<Job, 'cache' | 'base' | 'options'>): KnownContent {
  const wanted = new Map(plan.sectors.flatMap(({ sector, content, digest }) => (content === undefined ? [] : [[sector.number, { content, digest }]])));
  // As a job that was cut leaves them.
  const left = new Map(incompleteSectors(plan).map(({ sector, content }) => [sector.number, { content, digest: crc32(content) }]));
  const told = new Map((base ? sectorsOfBase(base, plan.part, rests) : []).map(({ sector, content }) => [sector.number, { content, digest: crc32(content) }]));
  const runs: Segment[] = [];
  for (const { number, base: address, lengthBytes } of sectors(plan.part)) {
    const digest = sectorDigests[number];
    if (digest === undefined) continue;
    const known = [told.get(number), wanted.get(number), left.get(number)].find((candidate) => candidate?.digest === digest)?.content ?? cache.find(digest, lengthBytes);
    const rest = rests.get(number);
    if (known !== undefined) runs.push({ address, bytes: known });
    else if (rest?.kind === 'known' && isRamCertain(plan.part, chip)) runs.push(...rest.segments);
  }
  const held = [...told].filter(([number, { digest }]) => sectorDigests[number] === digest).length;
  return { runs, ...(base && { ofBase: { held, all: told.size } }) };
}

/**
 * H742 and H743 have one device id, and places for copies that differ. A job that is no update shall not fail for that, so what stays is copied from RAM only
 * where the part is known.
 */
function isRamCertain(part: H7Part, chip: string | undefined): boolean {
  const places = JSON.stringify(copyPlaces(part));
  return chip !== undefined || findParts(part.deviceId, part.flashSizeKiB).every((candidate) => JSON.stringify(copyPlaces(candidate)) === places);
}

/** Beside the base lies what is beside the image, as far as anything is known of it. */
function sectorsOfBase(base: Image, part: H7Part, rests: ReadonlyMap<number, SectorRest>): readonly SectorContent[] {
  const partial = partialSectors(base, part);
  return sectorContents(base, part).map((whole) => {
    const rest = rests.get(whole.sector.number);
    const beside = partial.find(({ sector }) => sector.number === whole.sector.number)?.beside ?? [];
    for (const { address, bytes } of rest?.kind === 'known' ? within(beside, rest.segments) : []) whole.content.set(bytes, address - whole.sector.base);
    return whole;
  });
}
