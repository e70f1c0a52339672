/**
 * Masks: bytes that are XORed onto a frame so that nothing forbidden crosses the wire (PROTOCOL.md §3). One for all of it keeps sequences off; where two byte
 * values must never be seen, a frame of more than 126 bytes may have no such mask, and every 64 bytes get their own.
 */
import { findForbidden, isFlowControl } from './forbidden-bytes.js';
import { isMisheard } from './misheard.js';
import { LIMITS } from './wire.js';

/** `one` mask keeps sequences off the wire; `several` also 0x11 and 0x13. */
export type Masks = 'one' | 'several';

/** What frames need on a link. */
export function masksFor({ hasXonXoff }: { readonly hasXonXoff?: true }): Masks {
  return hasXonXoff ? 'several' : 'one';
}

const SEVERAL_BYTES = LIMITS.maskedBytes.value;

/** Bytes behind each mask. */
const maskedBytes = (masks: Masks): number => (masks === 'one' ? Infinity : SEVERAL_BYTES);

/** What becomes of `length` bytes, those before the first mask and that mask included. */
export function maskedLength(length: number, firstMaskAt: number, masks: Masks): number {
  return length + Math.max(0, Math.ceil((length - firstMaskAt - 1) / maskedBytes(masks)) - 1);
}

/** @param plain holds 0 where the first mask comes; the others are put between */
export function maskBytes(plain: Uint8Array, firstMaskAt: number, masks: Masks): Uint8Array {
  const wire = new Uint8Array(maskedLength(plain.length, firstMaskAt, masks));
  wire.set(plain.subarray(0, firstMaskAt));
  let to = firstMaskAt;
  for (let at = firstMaskAt + 1; at < plain.length; ) {
    const piece = plain.subarray(at, Math.min(plain.length, at + maskedBytes(masks)));
    at += piece.length;
    to = putMasked(wire, to, piece, masks);
  }
  return wire;
}

/**
 * Behind a mask at `to`, the first with which neither the piece nor what it makes with the bytes before it is forbidden, nor may be misheard; content made so
 * that every mask is misheard somewhere has to do with the former. Returns where the piece ends.
 */
function putMasked(wire: Uint8Array, to: number, piece: Uint8Array, masks: Masks): number {
  const end = to + 1 + piece.length;
  const from = Math.max(0, to - LONGEST_FORBIDDEN);
  let allowed: number | undefined;
  const put = (mask: number): void => {
    wire[to] = mask;
    for (let at = 0; at < piece.length; at++) wire[to + 1 + at] = piece[at]! ^ mask;
  };
  for (let mask = 0; mask < 256; mask++) {
    put(mask);
    if (masks === 'several' && wire.subarray(to, end).some(isFlowControl)) continue;
    if (findForbidden(wire.subarray(0, end), from) !== undefined) continue;
    if (!isMisheard(wire.subarray(0, end), from)) return end;
    allowed ??= mask;
  }
  if (allowed === undefined) throw new Error('no mask keeps the forbidden bytes off the wire');
  put(allowed);
  return end;
}

/** A forbidden sequence may begin so many bytes before a mask. */
const LONGEST_FORBIDDEN = 8;

/** The bytes as they were, 0 in the place of the first mask; of the last ones as many as are there. */
export function unmask(wire: Uint8Array, firstMaskAt: number, masks: Masks): Uint8Array {
  const plain = new Uint8Array(wire.length);
  plain.set(wire.subarray(0, firstMaskAt));
  let to = firstMaskAt + 1;
  for (let at = firstMaskAt; at < wire.length; ) {
    const end = Math.min(wire.length, at + 1 + maskedBytes(masks));
    for (let from = at + 1; from < end; from++) plain[to++] = wire[from]! ^ wire[at]!;
    at = end;
  }
  return plain.subarray(0, to);
}
