/** What the flash holds, sector by sector, as far as this host knows its content: by the survey's digests, never by belief. */
import type { SectorCache } from '../cache/sector-cache.js';
import { sectors } from '../device/memory-map.js';
import type { Segment } from '../image/image.js';
import type { Image } from '../image/image.js';
import { crc32 } from '../protocol/crc32.js';
import { sectorContents } from '../plan/build-plan.js';
import type { Plan } from '../plan/plan.js';

export interface KnownContent {
  /** Whole sectors, in address order. */
  readonly runs: readonly Segment[];
  /** Sectors of the base that the board holds, and all that it has; undefined where no base was given. */
  readonly ofBase?: { readonly held: number; readonly all: number };
}

/**
 * @param sectorDigests CRC-32 of each sector as it is; undefined for one that is not trusted
 * @param base what the user says that the flash holds
 */
export function knownContent(plan: Plan, sectorDigests: readonly (number | undefined)[], cache: SectorCache, base?: Image): KnownContent {
  const wanted = new Map(plan.sectors.map(({ sector, content, digest }) => [sector.number, { content, digest }]));
  const told = new Map((base ? sectorContents(base, plan.part) : []).map(({ sector, content }) => [sector.number, { content, digest: crc32(content) }]));
  const runs: Segment[] = [];
  for (const { number, base: address, lengthBytes } of sectors(plan.part)) {
    const digest = sectorDigests[number];
    if (digest === undefined) continue;
    const known = [told.get(number), wanted.get(number)].find((candidate) => candidate?.digest === digest)?.content ?? cache.find(digest, lengthBytes);
    if (known !== undefined) runs.push({ address, bytes: known });
  }
  const held = [...told].filter(([number, { digest }]) => sectorDigests[number] === digest).length;
  return { runs, ...(base && { ofBase: { held, all: told.size } }) };
}
