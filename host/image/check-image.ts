/**
 * What an image reveals without a board: could it belong into any STM32H7 at all, and does it look like a program?
 *
 * Knows the address map that all H7 share, no part in particular: whether it fits the part at hand is the plan's question.
 */
import { extname } from 'node:path';
import { StageFlashError, hex32 } from '../errors.js';
import type { Image, Segment } from './image.js';
import { segmentEnd } from './image.js';

interface Range {
  readonly start: number;
  /** First address behind. */
  readonly end: number;
}

/** Both banks of the largest parts (RM0433 §2.3.2, Table 6). */
const FLASH: Range = { start: 0x0800_0000, end: 0x0820_0000 };

/** Every RAM that any H7 has at most, where a stack may begin: the end belongs to it, for a stack grows down from there. */
const STACK_RAMS: readonly Range[] = [
  { start: 0x0000_0000, end: 0x0004_0000 }, // ITCM: 64 KiB, up to 256 KiB on H72x/H73x
  { start: 0x2000_0000, end: 0x2002_0000 }, // DTCM
  { start: 0x2400_0000, end: 0x2410_0000 }, // AXI SRAM: 1 MiB on H7A3/H7B3
  { start: 0x3000_0000, end: 0x3004_8000 }, // SRAM1–3
  { start: 0x3800_0000, end: 0x3801_0000 }, // SRAM4
];

/** So many bytes tell text from a program. */
const TEXT_BYTES = 256;

/** VTOR: a table of 16 exceptions and up to 163 interrupts, rounded up to a power of two words (ARMv7-M ARM §B3.2.5). */
const VECTOR_TABLE_ALIGNMENT = 0x400;

/**
 * Warnings, one sentence each; none when the image looks like a program where it lies.
 * @throws StageFlashError kind `image` when no STM32H7 could take it.
 */
export function checkImage(image: Image): string[] {
  for (const segment of image.segments) refuseOutsideFlash(image, segment);
  const [first] = image.segments;
  if (first?.address === FLASH.start) refuseText(image, first);
  return [...doubtName(image), ...(first ? doubtVectors(image, first) : [])];
}

/** The content decides what a file is; whoever named it may have meant something else. */
function doubtName({ source, format }: Image): string[] {
  return format === 'Intel HEX' && extname(source).toLowerCase() === '.bin' ? [`${source} holds Intel HEX and is read as that, whatever its name says.`] : [];
}

/** Where a reset starts, nothing but text can only be a file that was taken by mistake: no vector table is made of letters. */
function refuseText(image: Image, { bytes }: Segment): void {
  const head = bytes.subarray(0, TEXT_BYTES);
  if (!head.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d))) return;
  const text = Array.from(head.subarray(0, 24), (byte) => String.fromCharCode(byte)).join('').replace(/\s+/g, ' ').trim();
  throw new StageFlashError('image', `${image.source} is text ("${text}…"), no program for ${hex32(FLASH.start)}, where a reset starts`, {
    hint: 'Is it another file? ELF and DFU files have to be turned into raw binary or Intel HEX; text that is data belongs to another --address.',
  });
}

function refuseOutsideFlash(image: Image, segment: Segment): void {
  if (segment.bytes.length > FLASH.end - FLASH.start) {
    throw new StageFlashError('image', `${image.source} has ${segment.bytes.length} bytes, and no STM32H7 has more than 2 MiB of flash`);
  }
  if (segment.address >= FLASH.start && segmentEnd(segment) <= FLASH.end) return;
  throw new StageFlashError(
    'image',
    `${image.source}: ${hex32(segment.address)}–${hex32(segmentEnd(segment) - 1)} is not in flash, which lies within ${hex32(FLASH.start)}–${hex32(FLASH.end - 1)}`,
    { hint: image.format === 'raw binary' ? 'Check --address.' : 'Remove option bytes, RAM and external flash from the file, or check its link address.' },
  );
}

/** The first two words of a vector table (ARMv7-M ARM §B1.5.3): initial stack pointer, reset handler with the Thumb bit. */
export interface Vectors {
  readonly stackPointer: number;
  readonly resetVector: number;
}

/** Of an image that could be a program for some STM32H7; undefined for anything else, data as well as what is too short. */
export function programVectors(image: Image): Vectors | undefined {
  const vectors = firstWords(image.segments[0]);
  if (vectors === undefined || !isStack(vectors.stackPointer)) return undefined;
  const { resetVector } = vectors;
  return resetVector % 2 === 1 && resetVector >= FLASH.start && resetVector < FLASH.end ? vectors : undefined;
}

/** Undefined where there are no two words. */
export function firstWords(segment: Segment | undefined): Vectors | undefined {
  if (segment === undefined || segment.bytes.length < 8) return undefined;
  const view = new DataView(segment.bytes.buffer, segment.bytes.byteOffset, 8);
  return { stackPointer: view.getUint32(0, true), resetVector: view.getUint32(4, true) };
}

function isStack(stackPointer: number): boolean {
  return stackPointer % 4 === 0 && STACK_RAMS.some((ram) => stackPointer > ram.start && stackPointer <= ram.end);
}

function doubtVectors(image: Image, segment: Segment): string[] {
  const vectors = firstWords(segment);
  if (vectors === undefined) return [`${image.source} is too short for a vector table.`];
  const { stackPointer, resetVector } = vectors;
  const warnings: string[] = [];
  if (!isStack(stackPointer)) {
    warnings.push(`The first word at ${hex32(segment.address)} is ${hex32(stackPointer)}, which points into no RAM: this may not be a program.`);
  }
  if (resetVector % 2 === 0) {
    warnings.push(`The reset vector is ${hex32(resetVector)}, without the Thumb bit: this may not be a program.`);
  } else if (!image.segments.some((one) => resetVector >= one.address && resetVector < segmentEnd(one))) {
    warnings.push(`The reset vector ${hex32(resetVector)} points out of the image: it may be linked for another address.`);
  }
  if (warnings.length === 0 && segment.address % VECTOR_TABLE_ALIGNMENT !== 0) {
    warnings.push(`The vector table at ${hex32(segment.address)} is not at a multiple of ${hex32(VECTOR_TABLE_ALIGNMENT)}: interrupts would go astray.`);
  }
  return warnings;
}
