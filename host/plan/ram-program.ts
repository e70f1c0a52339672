/** An image for RAM: may it lie there while loader and starter work, and where does it begin? Knows nothing of links. */
import type { H7Part } from '../device/h7-part.js';
import { StageFlashError, hex32 } from '../errors.js';
import { firstWords } from '../image/check-image.js';
import { segmentEnd, type Image, type Segment } from '../image/image.js';
import { LIMITS } from '../protocol/wire.js';
import { mayBeginStack } from './foreign-program.js';

export interface RamProgram {
  /** Ascending. */
  readonly pieces: readonly Segment[];
  /** Address of its vector table. */
  readonly vectors: number;
}

interface Range {
  readonly first: number;
  /** First address behind. */
  readonly end: number;
}

/** The option TCM_AXI_SHARED of H72x can take the rest for ITCM (RM0468 §2.3.2), and nobody asks for it here. */
const SURE_AXI_BYTES_H72X = 128 * 1024;
/** VTOR takes multiples of 128 (PM0253 §4.3.4). */
const VECTORS_ALIGNMENT = 128;

const TAKEN: readonly Range[] = [
  { first: LIMITS.loaderBaseAddress.value, end: LIMITS.starterBaseAddress.value + LIMITS.starterBytes.value },
  { first: LIMITS.loaderStackAddress.value, end: 0x2001_ff00 },
];

/**
 * @param parts what the board could be: what is loaded must fit them all
 * @param vectors address of the vector table; undefined: it is found
 * @throws StageFlashError kind `refused` where it cannot lie, `image` when it has no vector table
 */
export function ramProgram(image: Image, parts: readonly H7Part[], vectors?: number): RamProgram {
  for (const segment of image.segments) for (const part of parts) refuseOutsideRam(image, segment, part, parts);
  for (const segment of image.segments) refuseTaken(image, segment);
  const table = vectors ?? findVectors(image, parts);
  if (image.segments.some((segment) => isVectorTable(from(segment, table), image, parts))) return { pieces: image.segments, vectors: table };
  throw new StageFlashError('image', `${image.source} has no vector table for RAM at ${hex32(table)}: a stack pointer into RAM and an odd entry address within the image`, {
    hint: `A raw binary belongs to the address that it was linked for: --address says which, 0x24000000 is assumed; the table must lie at a multiple of ${VECTORS_ALIGNMENT}, and --go says where.`,
  });
}

/** Where a piece begins that looks like one; the first piece where none does. @throws StageFlashError kind `image` where there is a choice */
function findVectors(image: Image, parts: readonly H7Part[]): number {
  const tables = image.segments.filter((segment) => isVectorTable(segment, image, parts)).map(({ address }) => address);
  if (tables.length < 2) return tables[0] ?? image.segments[0]!.address;
  throw new StageFlashError('image', `${image.source} could begin at ${tables.map(hex32).join(' or ')}`, { hint: 'Each looks like a vector table: --go says which one it is.' });
}

/** What of a segment lies at an address and behind it. */
function from(segment: Segment, address: number): Segment {
  return address < segment.address ? { address, bytes: segment.bytes.subarray(0, 0) } : { address, bytes: segment.bytes.subarray(address - segment.address) };
}

/** The RAM that answers after a reset without anybody's doing. */
function freeRam(part: H7Part): readonly (Range & { readonly name: string })[] {
  return part.ram.filter(({ clocks }) => clocks.length === 0).map(({ name, base, lengthBytes }) => ({
    name, first: base, end: base + (part.family === 'H72x' && name === 'AXI' ? Math.min(lengthBytes, SURE_AXI_BYTES_H72X) : lengthBytes),
  }));
}

function refuseOutsideRam(image: Image, segment: Segment, part: H7Part, parts: readonly H7Part[]): void {
  const ram = freeRam(part);
  const isIn = (places: readonly Range[]): boolean => places.some(({ first, end }) => segment.address >= first && segmentEnd(segment) <= end);
  if (isIn(ram)) return;
  const larger = parts.find((other) => isIn(freeRam(other)));
  const isFlash = part.banks.some(({ base, sectorCount }) => segment.address >= base && segment.address < base + sectorCount * part.sectorBytes);
  throw new StageFlashError('refused', `${image.source}: ${segment.bytes.length} bytes from ${hex32(segment.address)} are ${isFlash ? 'flash' : `in no RAM of ${part.name} that has a clock after a reset`}`, {
    hint: isFlash ? 'That is an image to be flashed: leave the word run away.' : `There is ${ram.map(({ name, first, end }) => `${name} ${hex32(first)}–${hex32(end - 1)}`).join(', ')}.${larger ? ` The board may be a ${larger.name}, which has more: --chip ${larger.name} if it is.` : ''}`,
  });
}

/** The loader writes whole chunks: what shares one with it is taken, too. */
function refuseTaken(image: Image, segment: Segment): void {
  const taken = TAKEN.find(({ first, end }) => segment.address < end && segmentEnd(segment) > first);
  if (taken === undefined) return;
  throw new StageFlashError('refused', `${image.source} wants ${hex32(Math.max(segment.address, taken.first))}, where the loader works until the program starts`, {
    hint: `Keep ${TAKEN.map(({ first, end }) => `${hex32(first)}–${hex32(end - 1)}`).join(' and ')} free of what is loaded; stack and variables may lie there.`,
  });
}

function isVectorTable(segment: Segment, image: Image, parts: readonly H7Part[]): boolean {
  const vectors = firstWords(segment);
  if (vectors === undefined || segment.address % VECTORS_ALIGNMENT !== 0) return false;
  const { stackPointer, resetVector } = vectors;
  return resetVector % 2 === 1 && stackPointer % 4 === 0
    && parts.some((part) => mayBeginStack(part, stackPointer))
    && image.segments.some(({ address, bytes }) => resetVector >= address && resetVector < address + bytes.length);
}
