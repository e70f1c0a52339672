/**
 * Frames: how messages survive a wire that loses, adds and changes bytes (PROTOCOL.md, "Frame").
 *
 * The decoder takes whatever comes and hands out only frames whose header check and CRC are right and whose token is ours. What
 * belongs to no such frame is counted as discarded, never believed.
 */
import { findForbidden } from './forbidden-bytes.js';
import { crc32 } from './crc32.js';
import { decodeFields, encodeFields, fixedBytes } from './fields.js';
import { FRAME, LIMITS } from './wire.js';

export const HEADER_BYTES = fixedBytes(FRAME.header);
export const TRAILER_BYTES = fixedBytes(FRAME.trailer);
/** Bytes that a frame adds to its payload. */
export const FRAME_OVERHEAD_BYTES = HEADER_BYTES + TRAILER_BYTES;

/** `check` is the last field of the header. */
const CHECKED_BYTES = HEADER_BYTES - 2;
/** Bytes in front of what the mask covers: magic, type and the mask itself. */
const UNMASKED_BYTES = 4;
const MASK_AT = 3;

export interface Frame {
  readonly type: number;
  readonly token: number;
  readonly offset: number;
  readonly payload: Uint8Array;
}

/** One frame as bytes, with the first mask that keeps forbidden sequences off the wire. */
export function encodeFrame(frame: Frame): Uint8Array {
  for (let mask = 0; mask < 256; mask++) {
    const bytes = encodeWithMask(frame, mask);
    if (findForbidden(bytes) === undefined) return bytes;
  }
  throw new Error('no mask keeps the forbidden pattern off the wire');
}

function encodeWithMask(frame: Frame, mask: number): Uint8Array {
  const header = encodeFields(FRAME.header, {
    magic: FRAME.magic, type: frame.type, mask, length: frame.payload.length, token: frame.token, offset: frame.offset, check: 0,
  });
  new DataView(header.buffer).setUint16(CHECKED_BYTES, crc32(header.subarray(0, CHECKED_BYTES)) & 0xffff, true);
  const bytes = new Uint8Array(HEADER_BYTES + frame.payload.length + TRAILER_BYTES);
  bytes.set(header);
  bytes.set(frame.payload, HEADER_BYTES);
  const bodyBytes = HEADER_BYTES + frame.payload.length;
  new DataView(bytes.buffer).setUint32(bodyBytes, crc32(bytes.subarray(0, bodyBytes)), true);
  applyMask(bytes, mask);
  return bytes;
}

/** XORs `mask` onto everything behind the mask byte. Its own inverse. */
function applyMask(bytes: Uint8Array, mask: number): void {
  if (mask === 0) return;
  for (let at = UNMASKED_BYTES; at < bytes.length; at++) bytes[at]! ^= mask;
}

/** A header that is right, or why it is not. */
type Header = { readonly type: number; readonly token: number; readonly offset: number; readonly payloadBytes: number };

function readHeader(bytes: Uint8Array): Header | undefined {
  const header = bytes.slice(0, HEADER_BYTES);
  applyMask(header, header[MASK_AT]!);
  const fields = decodeFields(FRAME.header, header)!;
  if (fields.magic !== FRAME.magic || fields.check !== (crc32(header.subarray(0, CHECKED_BYTES)) & 0xffff)) return undefined;
  if (fields.length > LIMITS.maxPayloadBytes.value) return undefined;
  return { type: fields.type, token: fields.token, offset: fields.offset, payloadBytes: fields.length };
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
        if (candidate.length < HEADER_BYTES + header.payloadBytes + TRAILER_BYTES) return undefined;
        const frame = completeFrameAt(candidate);
        if (frame === undefined) continue;
        this.#pending = this.#pending.slice(start + HEADER_BYTES + header.payloadBytes + TRAILER_BYTES);
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
  if (bytes.length < HEADER_BYTES) return undefined;
  const header = readHeader(bytes);
  if (header === undefined) return undefined;
  const bodyBytes = HEADER_BYTES + header.payloadBytes;
  if (bytes.length < bodyBytes + TRAILER_BYTES) return undefined;
  const whole = bytes.slice(0, bodyBytes + TRAILER_BYTES);
  applyMask(whole, whole[MASK_AT]!);
  if (new DataView(whole.buffer).getUint32(bodyBytes, true) !== crc32(whole.subarray(0, bodyBytes))) return undefined;
  return { type: header.type, token: header.token, offset: header.offset, payload: whole.slice(HEADER_BYTES, bodyBytes) };
}
