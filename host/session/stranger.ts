/** Somebody else on the stub's line: after a reset an application talks, or the ROM bootloader refuses what was meant for the stub. Pure. */
import { readableText } from '../bootloader/wrong-answer.js';

/** So much of the line's last words tells who speaks. */
const LOOKED_AT_BYTES = 64;
const SURELY_TEXT = /[\t\n\r\x20-\x7e]{8,}$/;
/**
 * A broken wire brings zeros, an idle one ones; a ROM bootloader that took a frame for its bit rate refuses in some other byte. A frame of
 * the stub's, masked and cut off, repeats no byte so often: its longest run of zeros has 20.
 */
const SURELY_REFUSALS = /([^\x00\xff])\1{47}$/;

/** The last bytes of the line, with `bytes` behind those that are known. */
export function lastOf(known: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(...known, ...bytes.subarray(-LOOKED_AT_BYTES)).slice(-LOOKED_AT_BYTES);
}

/** Half a sentence; undefined for what may be noise, or a frame that was cut off. */
export function whoSpeaks(lastBytes: Uint8Array): string | undefined {
  const line = Buffer.from(lastBytes).toString('latin1');
  const [refusals] = SURELY_REFUSALS.exec(line) ?? [];
  if (refusals !== undefined) return `a ROM bootloader refuses what was meant for it (by bytes 0x${refusals.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')})`;
  const [spoken] = SURELY_TEXT.exec(line) ?? [];
  // A mask can be a letter.
  return spoken === undefined || new Set(spoken.slice(-8)).size < 4 ? undefined : `something else talks: “${readableText(Buffer.from(spoken, 'latin1')) ?? ''}”`;
}
