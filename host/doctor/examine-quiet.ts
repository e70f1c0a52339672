/**
 * What happens when nobody does anything? Half a minute shows heartbeats of the usual period, other clients, and converters that end quiet
 * connections. A bootloader tells of bytes that somebody else sends to it: it refuses them.
 */
import { ACK, NACK, SYNCHRONISATION } from '../bootloader/an3155.js';
import { isSame } from './byte-runs.js';
import { isLinkError, seconds, type Case } from './case.js';
import { roundTrips } from './examine-times.js';
import { intoStep, isAnswered } from './into-step.js';
import { GET_ID, isIdAnswer } from './questions.js';

/** Converters beat every 30 s. */
const QUIET_MS = 31_000;
const SHORTEST_QUIET_MS = 5000;
/** All of it takes no longer, whatever is found on a network that is there. */
const PROMISE = { durationMs: 60_000, roundTrips: 30 } as const;
const LAST_WORDS_MS = 1000;
const TWICE = Uint8Array.of(SYNCHRONISATION, SYNCHRONISATION);
const REFUSAL = Uint8Array.of(NACK);

export async function examineQuiet(examined: Case): Promise<void> {
  const { line } = examined;
  const startedMs = (examined.quietSinceMs = line.now());
  try {
    line.strays.push(...(await line.listen(quietMs(examined))));
  } catch (error) {
    if (!isLinkError(error)) throw error;
    examined.found('idle-close', `after ${seconds(line.now() - startedMs)} of silence: ${error.message}`);
    await examined.reconnect();
    return examined.regain();
  }
  await examineAfterwards(examined, startedMs);
}

/** As long as that leaves time to tell of it: after trouble that took its time, less. */
function quietMs({ line, startedMs }: Case): number {
  const promisedMs = PROMISE.durationMs + PROMISE.roundTrips * (roundTrips(line.samples)?.medianMs ?? 0);
  return Math.min(QUIET_MS, Math.max(SHORTEST_QUIET_MS, startedMs + promisedMs - line.now() - LAST_WORDS_MS - 3 * line.patienceMs()));
}

/** 0x7F twice: a bootloader in step refuses them, one that was reset takes the first. */
async function examineAfterwards(examined: Case, quietSinceMs: number): Promise<void> {
  const { line } = examined;
  const { bytes } = await line.ask(TWICE, (answer) => isSame(answer, REFUSAL));
  if (bytes[0] === ACK) {
    examined.found('board-reset', `in ${seconds(line.now() - quietSinceMs)} of silence the bootloader has forgotten that it was in step`);
    return examined.regain();
  }
  if (bytes.length === 0) return examineSilence(examined, quietSinceMs);
  const id = await line.ask(GET_ID, isIdAnswer);
  if (isIdAnswer(id.bytes)) return;
  // One byte stood before the command: somebody sent an odd number of them.
  examined.hasOddBytes = true;
  await examined.regain();
}

async function examineSilence(examined: Case, quietSinceMs: number): Promise<void> {
  const { line } = examined;
  const quietMs = line.now() - quietSinceMs;
  const step = await intoStep(line);
  if (isAnswered(step)) return;
  if (!line.canReconnect) return examined.regain();
  if (await examined.outlast(quietSinceMs + QUIET_MS)) return;
  await examined.reconnect();
  if (isAnswered(await intoStep(line))) return examined.found('idle-silence', `a connection that was quiet for ${seconds(quietMs)} carried nothing any more, and another one was answered at once`);
  return examined.regain();
}
