/** The stub cut into frames for the loader (PROTOCOL.md §2). Pure. */
import { findForbidden, isFlowControl } from '../protocol/forbidden-bytes.js';
import { crc32 } from '../protocol/crc32.js';
import { encodeFields } from '../protocol/fields.js';
import { isMisheard } from '../protocol/misheard.js';
import type { Masks } from '../protocol/masks.js';
import { LIMITS, LOADER_FRAME } from '../protocol/wire.js';

export interface LoaderFrame {
  /** Where the chunk goes: what the loader's answer repeats. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Bytes of token, address and control: what the mask leaves alone. */
const UNMASKED_BYTES = 12;

/**
 * Frames in the order in which they are sent: the first chunk of the stub comes last and is called. A chunk has one mask, 256 tries; one in eight keeps 0x11 and 0x13 off the
 * wire. The settings differ from job to job, and with them the first chunk; none in 2^50 has no such mask.
 */
export function loaderFrames(stub: Uint8Array, token: number, masks: Masks = 'one'): readonly LoaderFrame[] {
  const chunkBytes = LIMITS.loaderChunkBytes.value;
  const starts = Array.from({ length: Math.ceil(stub.length / chunkBytes) }, (_, index) => index * chunkBytes);
  return [...starts.slice(1), 0].map((start) => {
    const chunk = new Uint8Array(chunkBytes).fill(0xff);
    chunk.set(stub.subarray(start, start + chunkBytes));
    const address = LIMITS.stubBaseAddress.value + start;
    for (let mask = 0; mask < 256; mask++) {
      const bytes = encodeLoaderFrame(token, address, start === 0, mask, chunk);
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
