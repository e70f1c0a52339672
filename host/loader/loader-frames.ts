/** Chunks → frames for the loader (PROTOCOL.md §2). Pure. */
import { StageFlashError, hex32 } from '../errors.js';
import { findForbidden, isFlowControl } from '../protocol/forbidden-bytes.js';
import { crc32 } from '../protocol/crc32.js';
import { encodeFields } from '../protocol/fields.js';
import { isMisheard } from '../protocol/misheard.js';
import type { Masks } from '../protocol/masks.js';
import { LOADER_FRAME } from '../protocol/wire.js';
import type { LoaderChunk } from './loader-chunks.js';

export interface LoaderFrame {
  /** Where the chunk goes: what the loader's answer repeats. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Bytes of token, address and control: what the mask leaves alone. */
const UNMASKED_BYTES = 12;

/** The addresses are sent as they are. @throws StageFlashError kind `refused` when one has a byte that must not cross the link */
export function refuseFlowControl(chunks: readonly LoaderChunk[]): void {
  const wrong = chunks.find(({ address }) => [address >>> 8, address >>> 16, address >>> 24].some((byte) => isFlowControl(byte & 0xff)));
  if (wrong === undefined) return;
  throw new StageFlashError('refused', `${hex32(wrong.address)} cannot be told to the loader without 0x11 and 0x13`, {
    hint: 'Between 0x24001400 and 0x240110FF there is room for 63 KiB; or let the converter pass these bytes, and leave --avoid-xonxoff away.',
  });
}

/**
 * Frames in the order of the chunks; the last chunk is called. A chunk has one mask, 256 tries; one in eight keeps 0x11 and 0x13 off the
 * wire. The settings differ from job to job, and with them what is called; none in 2^50 has no such mask.
 */
export function loaderFrames(chunks: readonly LoaderChunk[], token: number, masks: Masks = 'one'): readonly LoaderFrame[] {
  return chunks.map(({ address, bytes: chunk }, at) => {
    for (let mask = 0; mask < 256; mask++) {
      const bytes = encodeLoaderFrame(token, address, at === chunks.length - 1, mask, chunk);
      if (findForbidden(bytes) === undefined && !isMisheard(bytes, UNMASKED_BYTES) && (masks === 'one' || !bytes.some(isFlowControl))) return { address, bytes };
    }
    throw new Error('no mask keeps the forbidden pattern off the wire');
  });
}

function encodeLoaderFrame(token: number, address: number, call: boolean, mask: number, chunk: Uint8Array): Uint8Array {
  const control = mask | (call ? 1 << LOADER_FRAME.callBit : 0);
  const bytes = encodeFields(LOADER_FRAME.fields, { token, address, control, chunk, crc: 0 });
  const crcAt = bytes.length - 4;
  new DataView(bytes.buffer).setUint32(crcAt, crc32(bytes.subarray(4, crcAt)), true);
  for (let at = UNMASKED_BYTES; at < bytes.length; at++) bytes[at]! ^= mask;
  return bytes;
}
