/**
 * A converter that does not hear while it sends, nor for a moment afterwards: single ACKs never arrive, of longer answers only the end
 * does. Get is the longest answer that needs no parameters.
 */
import { SYNCHRONISATION } from '../bootloader/an3155.js';
import { endsWith, hex } from './byte-runs.js';
import type { Case } from './case.js';
import { GET, GET_ANSWER } from './questions.js';

/** More than a lone ACK, which could be the answer to anything. */
const SHORTEST_TAIL = 2;

export async function isHalfDuplex(examined: Case): Promise<boolean> {
  const { line } = examined;
  for (let attempt = 0; attempt < 2; attempt++) {
    const { bytes } = await line.ask(GET, () => false);
    if (bytes.length >= SHORTEST_TAIL && bytes.length < GET_ANSWER.length && endsWith(bytes, GET_ANSWER)) {
      examined.found('half-duplex', `0x7F seems unanswered, and of the ${GET_ANSWER.length} bytes that answer Get only the last ${bytes.length} come: ${hex(bytes)}`);
      return true;
    }
    // It may have been one byte ahead.
    await line.ask(Uint8Array.of(SYNCHRONISATION), () => false);
  }
  return false;
}
