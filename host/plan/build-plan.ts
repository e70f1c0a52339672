/**
 * Image × part × what the flash holds → plan. Pure; refuses what cannot be right before anything is erased.
 */
import type { H7Part } from '../device/h7-part.js';
import { bankLengthBytes, outsideFlash, sectorAt, sectorsCovering, type Sector } from '../device/memory-map.js';
import { StageFlashError, hex32 } from '../errors.js';
import { segmentEnd, type Image, type Segment } from '../image/image.js';
import { crc32 } from '../protocol/crc32.js';
import { copyPlaces } from './copy-places.js';
import type { Plan, PlannedSector } from './plan.js';

const ERASED = 0xff;

export interface BuildPlanOptions {
  /** CRC-32 of each sector as it is, counted over all banks; undefined: nothing is known, what the image touches is written. */
  readonly sectorDigests: readonly (number | undefined)[] | undefined;
}

/** @throws StageFlashError kind `refused` when the image does not fit the part */
export function buildPlan(image: Image, part: H7Part, options: BuildPlanOptions): Plan {
  refuseOutsideFlash(image, part);
  const touched = plannedSectors(image, part, options.sectorDigests);
  if (!touched.some((planned) => planned.isWritten)) return { part, sectors: touched, writes: [], vectorWord: undefined, kept: undefined, erases: [] };

  // The first flash word of the image: its vector table begins there.
  const vectorAddress = Math.floor(image.segments[0]!.address / part.flashWordBytes) * part.flashWordBytes;
  const vectorSector = touched.find(({ sector }) => sector.number === sectorAt(part, vectorAddress)?.number)!;
  const kept = !vectorSector.isWritten && copyPlaces(part).length > 0 ? vectorSector : undefined;
  // Whatever changes, the vector's sector goes first and comes back last: a cut in between leaves no application that could start.
  const sectors = touched.map((planned) => (planned === vectorSector ? { ...planned, isWritten: true } : planned));
  const ordered = interleaveBanks(sectors.filter((planned) => planned.isWritten), vectorSector.sector);
  const sent = ordered.filter(({ sector }) => sector.number !== kept?.sector.number);
  return {
    part, sectors, kept, erases: ordered.map((planned) => planned.sector),
    writes: sent.flatMap((planned) => flashWordRuns(planned, part.flashWordBytes, vectorAddress)),
    vectorWord: wordAt(vectorSector, vectorAddress, part),
  };
}

/** @throws StageFlashError kind `refused` */
export function refuseOutsideFlash(image: Image, part: H7Part): void {
  for (const segment of image.segments) {
    const [outside] = outsideFlash(part, { address: segment.address, lengthBytes: segment.bytes.length });
    if (outside === undefined) continue;
    const banks = part.banks.map((bank) => `${hex32(bank.base)}-${hex32(bank.base + bankLengthBytes(part, bank) - 1)}`).join(' and ');
    throw new StageFlashError('refused', `${image.source} has ${outside.lengthBytes} bytes at ${hex32(outside.address)}, where ${part.name} has no flash`, {
      hint: `Its flash is ${banks}. Is this the right image, and the right --address?`,
    });
  }
}

function plannedSectors(image: Image, part: H7Part, digests: BuildPlanOptions['sectorDigests']): PlannedSector[] {
  return sectorContents(image, part).map(({ sector, content, coveredBytes }) => {
    const digest = crc32(content);
    return { sector, content, digest, isWritten: digests?.[sector.number] !== digest, uncoveredBytes: sector.lengthBytes - coveredBytes };
  });
}

/** The sectors that an image touches, in address order, with 0xFF where it has nothing. */
export function sectorContents(image: Image, part: H7Part): { readonly sector: Sector; readonly content: Uint8Array; readonly coveredBytes: number }[] {
  const covered = new Map<number, { sector: Sector; content: Uint8Array; coveredBytes: number }>();
  for (const segment of image.segments) {
    for (const sector of sectorsCovering(part, { address: segment.address, lengthBytes: segment.bytes.length })) {
      const entry = covered.get(sector.number) ?? { sector, content: new Uint8Array(sector.lengthBytes).fill(ERASED), coveredBytes: 0 };
      const from = Math.max(sector.base, segment.address);
      const to = Math.min(sector.base + sector.lengthBytes, segmentEnd(segment));
      entry.content.set(segment.bytes.subarray(from - segment.address, to - segment.address), from - sector.base);
      entry.coveredBytes += to - from;
      covered.set(sector.number, entry);
    }
  }
  return [...covered.values()].sort((a, b) => a.sector.number - b.sector.number);
}

/** The vector's sector, then one of each bank in turn, so that one bank erases while the other programs. */
function interleaveBanks(written: readonly PlannedSector[], vectorSector: Sector): PlannedSector[] {
  const isVector = (planned: PlannedSector): boolean => planned.sector.number === vectorSector.number;
  const turn = (planned: PlannedSector): number => 2 * planned.sector.indexInBank + planned.sector.bankIndex;
  const others = written.filter((planned) => !isVector(planned)).sort((a, b) => turn(a) - turn(b));
  return [...written.filter(isVector), ...others];
}

/** The flash words of a sector that are not erased anyway, as runs, without the one at `except`. */
export function flashWordRuns(planned: PlannedSector, wordBytes: number, except: number): Segment[] {
  const runs: { address: number; end: number }[] = [];
  for (let offset = 0; offset < planned.content.length; offset += wordBytes) {
    const address = planned.sector.base + offset;
    if (address === except || isErased(planned.content.subarray(offset, offset + wordBytes))) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.end === address) last.end += wordBytes;
    else runs.push({ address, end: address + wordBytes });
  }
  return runs.map((run) => ({ address: run.address, bytes: planned.content.subarray(run.address - planned.sector.base, run.end - planned.sector.base) }));
}

/**
 * The plan's writes as one run a sector, for packing: what is erased between two of them, the vector's flash word too, is 0xFF, which the stub
 * leaves alone.
 */
export function sectorRuns(plan: Plan): readonly Segment[] {
  const runs: Segment[] = [];
  for (const sector of plan.erases) {
    const writes = plan.writes.filter(({ address }) => address >= sector.base && address < sector.base + sector.lengthBytes);
    const [first, last] = [writes[0], writes.at(-1)];
    if (first === undefined || last === undefined) continue;
    const bytes = new Uint8Array(segmentEnd(last) - first.address).fill(ERASED);
    for (const write of writes) bytes.set(write.bytes, write.address - first.address);
    runs.push({ address: first.address, bytes });
  }
  return runs;
}

function wordAt({ sector, content }: PlannedSector, address: number, part: H7Part): Segment {
  return { address, bytes: content.subarray(address - sector.base, address - sector.base + part.flashWordBytes) };
}

function isErased(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === ERASED);
}
