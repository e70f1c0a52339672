/**
 * A converter that does not hear while it sends, nor for a moment afterwards: single ACKs never arrive, of longer answers only the end
 * does. So the longest answers are asked for, and their ends looked for: Get's, and those of a Read Memory whose steps nobody confirms.
 */
import { ACK, addressFrame, COMMANDS, commandFrame, NACK, readLengthFrame } from '../bootloader/an3155.js';
import { LIMITS } from '../protocol/wire.js';
import { concat, endsWith, hex } from './byte-runs.js';
import type { Case } from './case.js';
import type { ProbeLine } from './probe-line.js';
import { GET, GET_ANSWER } from './questions.js';

/** More than a lone ACK, which could be the answer to anything. */
const SHORTEST_TAIL = 2;
/** The ROM answers a step within a millisecond. */
const STEP_PAUSE_MS = 300;
const READ_BYTES = 252;

/** @returns what came that is the end of nothing; undefined when it is half-duplex. */
export async function seekHalfDuplex(examined: Case): Promise<Uint8Array | undefined> {
  const { line } = examined;
  const others: Uint8Array[] = [];
  // It may be one byte of a command ahead. The nine bytes of a Read Memory are an odd number: then the second attempt is in step.
  for (let attempt = 0; attempt < 2; attempt++) {
    const { bytes } = await line.ask(GET, () => false);
    if (bytes.length >= SHORTEST_TAIL && bytes.length < GET_ANSWER.length && endsWith(bytes, GET_ANSWER)) {
      examined.found('half-duplex', `0x7F seems unanswered, and of the ${GET_ANSWER.length} bytes that answer Get only the last ${bytes.length} come: ${hex(bytes)}`);
      return undefined;
    }
    others.push(bytes);
    const read = bytes.length === 0 ? await readBlindly(line) : 0;
    if (read >= SHORTEST_TAIL) {
      examined.found('half-duplex', `0x7F and Get seem unanswered, and of the ${READ_BYTES + 1} bytes that answer Read Memory only the last ${read} come`);
      return undefined;
    }
  }
  return concat(...others);
}

/** @returns how many bytes came back. Taken one byte out of step, these are commands that do not exist. */
async function readBlindly(line: ProbeLine): Promise<number> {
  for (const frame of [commandFrame(COMMANDS.readMemory), addressFrame(LIMITS.loaderBaseAddress.value)]) {
    await line.sendOnly(frame);
    if ((await line.listen(STEP_PAUSE_MS)).length > 0) return 0;
  }
  const { bytes } = await line.ask(readLengthFrame(READ_BYTES), () => false, { lineBytes: READ_BYTES + 8 });
  return bytes.every((byte) => byte === ACK || byte === NACK) ? 0 : bytes.length;
}
