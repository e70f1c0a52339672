/**
 * What happens when nobody does anything? Half a minute shows heartbeats of the usual period, other clients, and converters that end quiet
 * connections. A bootloader tells of bytes that somebody else sends to it: it refuses them.
 */
import { ACK, NACK, SYNCHRONISATION } from '../bootloader/an3155.js';
import { concat, isSame } from './byte-runs.js';
import { isLinkError, OUTLAST_MS, seconds, type Case } from './case.js';
import { intoStep, isAnswered } from './into-step.js';
import { areForeignRefusals } from './probe-line.js';
import { GET_ID, isIdAnswer } from './questions.js';

/** Converters beat every 30 s. */
const QUIET_MS = 31_000;
/** Others poll every ten seconds, if they do: where there is trouble without a name. */
const SHORTEST_QUIET_MS = 11_000;
const SHORTEST_EXPLAINED_MS = 1000;
const LAST_WORDS_MS = 1000;
/** What somebody sends at once may come in two packets. */
const REST_MS = 400;
const TWICE = Uint8Array.of(SYNCHRONISATION, SYNCHRONISATION);
const REFUSAL = Uint8Array.of(NACK);

export async function examineQuiet(examined: Case): Promise<void> {
  const { line } = examined;
  if (examined.isDisturbed) await examined.keepInStep();
  const startedMs = (examined.quietSinceMs = line.now());
  try {
    await listenAndCount(examined, startedMs + quietMs(examined));
  } catch (error) {
    if (!isLinkError(error)) throw error;
    examined.found('idle-close', `after ${seconds(line.now() - startedMs)} of silence: ${error.message}`);
    await examined.reconnect();
    return examined.regain();
  }
  await examineAfterwards(examined, startedMs);
}

/** The first bytes of somebody else are counted at once, before more of them come: two are refused together, and an odd one shows in the next question. */
async function listenAndCount(examined: Case, untilMs: number): Promise<void> {
  const { line } = examined;
  while (line.now() < untilMs) {
    const isEnough = examined.foreignBytes === undefined && line.datagramBytes === undefined ? areForeignRefusals : undefined;
    const heard = [...(await line.listen(untilMs - line.now(), isEnough))];
    if (isEnough !== undefined && areForeignRefusals(concat(...heard.map(({ bytes }) => bytes)))) {
      heard.push(...(await line.listen(REST_MS)));
      const refusals = heard.reduce((sum, { bytes }) => sum + bytes.length, 0);
      examined.foreignBytes = 2 * refusals + (isIdAnswer((await line.ask(GET_ID, isIdAnswer)).bytes) ? 0 : 1);
      if (examined.foreignBytes % 2 === 1) await examined.regain();
    }
    line.strays.push(...heard);
  }
}

/** As long as that leaves time to tell of it: after trouble that took its time, less. */
function quietMs({ line, leftMs, findings }: Case): number {
  const shortestMs = findings.length > 0 ? SHORTEST_EXPLAINED_MS : SHORTEST_QUIET_MS;
  return Math.min(QUIET_MS, Math.max(shortestMs, leftMs - LAST_WORDS_MS - 3 * line.patienceMs()));
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
  // Was only one answer lost, or the network away for a moment? That takes time to find out.
  const hasTime = examined.leftMs > OUTLAST_MS + 6 * line.patienceMs();
  if ((hasTime || !line.canReconnect) && isAnswered(await intoStep(line))) return;
  if (!line.canReconnect) return examined.regain();
  if (hasTime && (await examined.outlast(quietSinceMs + QUIET_MS))) return;
  await examined.reconnect();
  if (isAnswered(await intoStep(line))) return examined.found('idle-silence', `a connection that was quiet for ${seconds(quietMs)} carried nothing any more, and another one was answered at once`);
  return examined.regain();
}
