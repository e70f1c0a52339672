/**
 * Image × part × what the flash holds → plan. Pure; refuses what cannot be right before anything is erased.
 */
import type { H7Part } from '../device/h7-part.js';
import { bankLengthBytes, outsideFlash, sectorAt, type Sector } from '../device/memory-map.js';
import { StageFlashError, hex32 } from '../errors.js';
import { segmentEnd, type Image, type Segment } from '../image/image.js';
import { crc32 } from '../protocol/crc32.js';
import { copyPlaces } from './copy-places.js';
import { ERASED, isErased } from './erased.js';
import type { KnownSector, Plan, PlannedSector } from './plan.js';
import type { SectorRest } from './rest.js';
import { sectorContents } from './sector-contents.js';

export interface BuildPlanOptions {
  /** CRC-32 of each sector as it is, counted over all banks; undefined: nothing is known, what the image touches is written. */
  readonly sectorDigests: readonly (number | undefined)[] | undefined;
  /** What sectors that the image covers in part hold beside it, by number of the sector; a sector that is not here is erased there. */
  readonly rests?: ReadonlyMap<number, SectorRest>;
  /** Where a reset may start: BOOT_ADD0, BOOT_ADD1. */
  readonly bootAddresses?: readonly number[];
  /** Where the second core starts: BOOT_CM4_ADD0, BOOT_CM4_ADD1. */
  readonly cm4BootAddresses?: readonly number[];
}

/** @throws StageFlashError kind `refused` when the image does not fit the part */
export function buildPlan(image: Image, part: H7Part, options: BuildPlanOptions): Plan {
  refuseOutsideFlash(image, part);
  const touched = plannedSectors(image, part, options);
  if (!touched.some((planned) => planned.isWritten)) return { part, sectors: touched, writes: [], vectorWord: undefined, secondWord: undefined, kept: undefined, erases: [] };

  const vectorAddress = vectorAddressOf(image, touched, part, options.bootAddresses);
  const vectorSector = known(touched.find(({ sector }) => sector.number === sectorAt(part, vectorAddress)?.number)!);
  const kept = !vectorSector.isWritten && copyPlaces(part).length > 0 ? vectorSector : undefined;
  const second = secondStart(image, touched, vectorSector, part, options.cm4BootAddresses);
  // Whatever changes, the vector's sector goes first and comes back last: a cut in between leaves no application that could start.
  const sectors = touched.map((planned) => (planned === vectorSector || planned === second?.planned ? { ...planned, isWritten: true } : planned));
  const first = [vectorSector.sector, ...(second ? [second.planned.sector] : [])];
  const ordered = interleaveBanks(sectors.filter((planned) => planned.isWritten).map(known), first);
  const except = [vectorAddress, ...(second ? [second.address] : [])];
  const sent = ordered.filter(({ sector }) => sector.number !== kept?.sector.number);
  return {
    part, sectors, kept, erases: ordered.map((planned) => planned.sector),
    writes: sent.flatMap((planned) => flashWordRuns(planned, part.flashWordBytes, except)),
    vectorWord: wordAt(vectorSector, vectorAddress, part),
    secondWord: second && wordAt(second.planned, second.address, part),
  };
}

/**
 * The sector that is erased first of all if anything is written, for whoever has to know what it holds before that can be planned; undefined when
 * everything is right already.
 */
export function vectorSectorOf(image: Image, part: H7Part, options: BuildPlanOptions): PlannedSector | undefined {
  const touched = plannedSectors(image, part, options);
  if (!touched.some((planned) => planned.isWritten)) return undefined;
  const address = vectorAddressOf(image, touched, part, options.bootAddresses);
  return touched.find(({ sector }) => sector.number === sectorAt(part, address)?.number);
}

/**
 * The flash word that is written last: without it nothing starts. Where a reset starts in a sector that the image touches, that is the word
 * there, whoever's it is; else the first of the image, where its own vector table begins.
 */
function vectorAddressOf(image: Image, touched: readonly PlannedSector[], part: H7Part, bootAddresses: readonly number[] = []): number {
  const wordOf = (address: number): number => Math.floor(address / part.flashWordBytes) * part.flashWordBytes;
  const starts = bootAddresses.map(wordOf).filter((address) =>
    touched.some(({ sector, content }) => {
      const offset = address - sector.base;
      return offset >= 0 && offset < sector.lengthBytes && !(content !== undefined && isErased(content.subarray(offset, offset + part.flashWordBytes)));
    }),
  );
  return starts[0] ?? wordOf(image.segments[0]!.address);
}

/**
 * Where the second core starts in the image, in another sector than the first one does: it comes back as late, when anything of the stretch of the image that holds it changes. Undefined
 * too where what its sector holds beside the image is not known: then it stays as it is.
 */
function secondStart(image: Image, touched: readonly PlannedSector[], vectorSector: PlannedSector, part: H7Part, addresses: readonly number[] = []): SecondStart | undefined {
  for (const start of addresses) {
    const address = Math.floor(start / part.flashWordBytes) * part.flashWordBytes;
    const segment = image.segments.find((candidate) => address >= candidate.address && address < segmentEnd(candidate));
    const planned = touched.find(({ sector }) => sector.number === sectorAt(part, address)?.number);
    if (segment === undefined || planned?.content === undefined || planned === vectorSector) continue;
    const offset = address - planned.sector.base;
    const isBlank = isErased(planned.content.subarray(offset, offset + part.flashWordBytes));
    const changes = touched.some(({ isWritten, sector }) => isWritten && sector.base < segmentEnd(segment) && sector.base + sector.lengthBytes > segment.address);
    if (!isBlank && changes) return { address, planned: known(planned) };
  }
  return undefined;
}

interface SecondStart {
  readonly address: number;
  readonly planned: KnownSector;
}

function known(planned: PlannedSector): KnownSector {
  if (planned.content === undefined) throw new Error(`what the sector at ${hex32(planned.sector.base)} holds beside the image is not known`);
  return planned as KnownSector;
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

function plannedSectors(image: Image, part: H7Part, { sectorDigests, rests }: BuildPlanOptions): PlannedSector[] {
  return sectorContents(image, part).map(({ sector, content, coveredBytes }) => {
    const uncoveredBytes = sector.lengthBytes - coveredBytes;
    const rest = rests?.get(sector.number);
    const found = sectorDigests?.[sector.number];
    if (rest?.kind === 'in place' && found !== undefined) return { sector, content: undefined, digest: found, isWritten: false, uncoveredBytes, keptBytes: uncoveredBytes };
    const segments = rest?.kind === 'known' ? rest.segments : [];
    for (const { address, bytes } of segments) content.set(bytes, address - sector.base);
    const digest = crc32(content);
    const keptBytes = rest === undefined ? undefined : segments.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return { sector, content, digest, isWritten: found !== digest, uncoveredBytes, keptBytes };
  });
}

/** Those that go first, then one of each bank in turn, so that one bank erases while the other programs. */
function interleaveBanks(written: readonly KnownSector[], first: readonly Sector[]): KnownSector[] {
  const isFirst = (planned: KnownSector): boolean => first.some(({ number }) => number === planned.sector.number);
  const turn = (planned: KnownSector): number => 2 * planned.sector.indexInBank + planned.sector.bankIndex;
  const others = written.filter((planned) => !isFirst(planned)).sort((a, b) => turn(a) - turn(b));
  return [...first.flatMap(({ number }) => written.filter(({ sector }) => sector.number === number)), ...others];
}

/** The flash words of a sector that are not erased anyway, as runs, without those at `except`. */
export function flashWordRuns(planned: KnownSector, wordBytes: number, except: readonly number[]): Segment[] {
  const runs: { address: number; end: number }[] = [];
  for (let offset = 0; offset < planned.content.length; offset += wordBytes) {
    const address = planned.sector.base + offset;
    if (except.includes(address) || isErased(planned.content.subarray(offset, offset + wordBytes))) continue;
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

function wordAt({ sector, content }: KnownSector, address: number, part: H7Part): Segment {
  return { address, bytes: content.subarray(address - sector.base, address - sector.base + part.flashWordBytes) };
}
