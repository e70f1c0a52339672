/**
 * Frames: how messages survive a wire that loses, adds and changes bytes (PROTOCOL.md, "Frame").
 *
 * The decoder takes whatever comes and hands out only frames whose header check and CRC are right and whose token is ours. What
 * belongs to no such frame is counted as discarded, never believed.
 */
import { crc32 } from './crc32.js';
import { decodeFields, encodeFields, fixedBytes } from './fields.js';
import { maskBytes, maskedLength, unmask, type Masks } from './masks.js';
import { FRAME, LIMITS } from './wire.js';

export const HEADER_BYTES = fixedBytes(FRAME.header);
export const TRAILER_BYTES = fixedBytes(FRAME.trailer);
/** Bytes that a frame adds to its payload. */
export const FRAME_OVERHEAD_BYTES = HEADER_BYTES + TRAILER_BYTES;

/** `check` is the last field of the header. */
const CHECKED_BYTES = HEADER_BYTES - 2;
/** Magic, type and the first mask. */
const MASK_AT = 3;
const SEVERAL_MASKS = 1 << FRAME.severalMasksBit;

export interface Frame {
  readonly type: number;
  readonly token: number;
  readonly offset: number;
  readonly payload: Uint8Array;
}

/** One frame as bytes, with the first masks that keep forbidden sequences off the wire. */
export function encodeFrame(frame: Frame, masks: Masks = 'one'): Uint8Array {
  const type = masks === 'one' ? frame.type : frame.type | SEVERAL_MASKS;
  const header = encodeFields(FRAME.header, { magic: FRAME.magic, type, mask: 0, length: frame.payload.length, token: frame.token, offset: frame.offset, check: 0 });
  new DataView(header.buffer).setUint16(CHECKED_BYTES, crc32(header.subarray(0, CHECKED_BYTES)) & 0xffff, true);
  const bytes = new Uint8Array(HEADER_BYTES + frame.payload.length + TRAILER_BYTES);
  bytes.set(header);
  bytes.set(frame.payload, HEADER_BYTES);
  const bodyBytes = HEADER_BYTES + frame.payload.length;
  new DataView(bytes.buffer).setUint32(bodyBytes, crc32(bytes.subarray(0, bodyBytes)), true);
  return maskBytes(bytes, MASK_AT, masks);
}

/** Bytes on the wire of a frame with so much payload. */
export function wireBytes(payloadBytes: number, masks: Masks): number {
  return maskedLength(FRAME_OVERHEAD_BYTES + payloadBytes, MASK_AT, masks);
}

/** A header that is right; all masks are counted in `wireBytes`. */
interface Header extends Omit<Frame, 'payload'> {
  readonly masks: Masks;
  readonly payloadBytes: number;
  readonly wireBytes: number;
}

/** Undefined where there is none, or not all of it. */
function readHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const masks = (bytes[2]! & SEVERAL_MASKS) === 0 ? 'one' : 'several';
  const header = unmask(bytes.subarray(0, HEADER_BYTES), MASK_AT, masks);
  const fields = decodeFields(FRAME.header, header)!;
  if (fields.magic !== FRAME.magic || fields.check !== (crc32(header.subarray(0, CHECKED_BYTES)) & 0xffff)) return undefined;
  if (fields.length > LIMITS.maxPayloadBytes.value) return undefined;
  const { token, offset, length: payloadBytes } = fields;
  return { type: fields.type & ~SEVERAL_MASKS, token, offset, payloadBytes, masks, wireBytes: wireBytes(payloadBytes, masks) };
}

/** Bytes go in as they arrive, frames come out as they are complete. */
export class FrameDecoder {
  readonly #token: number | 'any';
  #pending: Uint8Array = new Uint8Array(0);
  /** Bytes that belonged to no valid frame: heartbeats, banners, damage. */
  discardedBytes = 0;
  /** Valid frames of another session. */
  foreignFrames = 0;
  /** Discarded bytes behind the last valid frame. */
  #trailing: Uint8Array[] = [];

  /** @param token of the session whose frames come out */
  constructor(token: number | 'any') {
    this.#token = token;
  }

  /** Frames completed by `bytes`, oldest first. */
  push(bytes: Uint8Array): Frame[] {
    const joined = new Uint8Array(this.#pending.length + bytes.length);
    joined.set(this.#pending);
    joined.set(bytes, this.#pending.length);
    this.#pending = joined;
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) {
      if (this.#token === 'any' || frame.token === this.#token) frames.push(frame);
      else this.foreignFrames++;
    }
    return frames;
  }

  /** Everything behind the last valid frame: when the other side has left, it is for whoever comes next, and not discarded. */
  takeTrailing(): Uint8Array {
    const trailing = Uint8Array.from([...this.#trailing, this.#pending].flatMap((bytes) => [...bytes]));
    this.discardedBytes -= trailing.length - this.#pending.length;
    this.#trailing = [];
    this.#pending = new Uint8Array(0);
    return trailing;
  }

  /** The line has been quiet: a frame that lost bytes will not complete. Looks for whole frames inside of what is pending. */
  settle(): Frame[] {
    const pending = this.#pending;
    for (let skip = 1; skip < pending.length; skip++) {
      if (completeFrameAt(pending.subarray(skip)) === undefined) continue;
      this.discardedBytes += skip;
      this.#pending = pending.slice(skip);
      return this.push(new Uint8Array(0));
    }
    return [];
  }

  /** The next valid frame of any token, or undefined when more bytes are needed. Damage in front of it is dropped and counted. */
  #next(): Frame | undefined {
    let start = 0;
    try {
      for (; this.#pending.length - start >= HEADER_BYTES; start++) {
        const candidate = this.#pending.subarray(start);
        const header = readHeader(candidate);
        if (header === undefined) continue;
        if (candidate.length < header.wireBytes) return undefined;
        const frame = completeFrameAt(candidate);
        if (frame === undefined) continue;
        this.#pending = this.#pending.slice(start + header.wireBytes);
        this.discardedBytes += start;
        this.#trailing = [];
        start = 0;
        return frame;
      }
      return undefined;
    } finally {
      this.discardedBytes += start;
      if (start > 0) this.#trailing.push(this.#pending.slice(0, start));
      if (start > 0) this.#pending = this.#pending.slice(start);
    }
  }
}

/** Is there a whole, valid frame in `bytes`, of whatever session? */
export function containsFrame(bytes: Uint8Array): boolean {
  return bytes.some((_, start) => completeFrameAt(bytes.subarray(start)) !== undefined);
}

/** The frame that begins at the first byte and is all there and right; undefined otherwise. */
function completeFrameAt(bytes: Uint8Array): Frame | undefined {
  const header = readHeader(bytes);
  if (header === undefined || bytes.length < header.wireBytes) return undefined;
  const { type, token, offset, payloadBytes, masks, wireBytes } = header;
  const whole = unmask(bytes.subarray(0, wireBytes), MASK_AT, masks);
  const bodyBytes = HEADER_BYTES + payloadBytes;
  if (new DataView(whole.buffer).getUint32(bodyBytes, true) !== crc32(whole.subarray(0, bodyBytes))) return undefined;
  return { type, token, offset, payload: whole.slice(HEADER_BYTES, bodyBytes) };
}
