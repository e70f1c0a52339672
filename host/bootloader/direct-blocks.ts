/**
 * Image → the blocks in which the ROM is given it: 256 bytes at most, aligned, padded with 0xFF so that no flash word is written in
 * two pieces. Pure.
 */
import { StageFlashError, hex32 } from '../errors.js';
import type { Image } from '../image/image.js';
import { pusrPatternAt } from '../protocol/forbidden-bytes.js';
import { MAX_TRANSFER_BYTES, dataFrame } from './an3155.js';

export interface Block {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** The longest flash word; the ROM programs whole ones only if it is given whole ones. */
const FLASH_WORD_BYTES = 32;

/** Everything that the image covers, in ascending order. */
export function directBlocks(image: Image): Block[] {
  const blocks = new Map<number, Uint8Array>();
  for (const segment of image.segments) {
    for (let at = 0; at < segment.bytes.length; ) {
      const offset = (segment.address + at) % MAX_TRANSFER_BYTES;
      const address = segment.address + at - offset;
      const piece = segment.bytes.subarray(at, at + MAX_TRANSFER_BYTES - offset);
      const bytes = blocks.get(address) ?? new Uint8Array(MAX_TRANSFER_BYTES).fill(0xff);
      bytes.set(piece, offset);
      blocks.set(address, bytes);
      at += piece.length;
    }
  }
  return Array.from(blocks, ([address, bytes]) => ({ address, bytes })).sort((a, b) => a.address - b.address);
}

/**
 * The block as it may cross the wire: whole, or in single flash words where it holds the sequence by which some converters set their
 * serial port, which they would take out of the stream.
 * @throws StageFlashError kind `refused` where no cut avoids that
 */
export function cutForWire(block: Block): Block[] {
  if (!reconfiguresConverter(block)) return [block];
  const words: Block[] = [];
  for (let at = 0; at < block.bytes.length; at += FLASH_WORD_BYTES) {
    words.push({ address: block.address + at, bytes: block.bytes.subarray(at, at + FLASH_WORD_BYTES) });
  }
  const bad = words.find(reconfiguresConverter);
  if (bad === undefined) return words;
  throw new StageFlashError('refused', `the bytes at ${hex32(bad.address)} are a command to converters of the USR family (55 AA 55 …), and --direct cannot send them otherwise`, {
    hint: 'Flash without --direct: the stream of stage-flash never shows such bytes on the wire.',
  });
}

/** Blank flash reads so: nothing to write. */
export function isBlank({ bytes }: Block): boolean {
  return bytes.every((byte) => byte === 0xff);
}

function reconfiguresConverter({ bytes }: Block): boolean {
  const frame = dataFrame(bytes);
  return frame.some((_, at) => pusrPatternAt(frame, at));
}
