/**
 * How much passes in one piece? Pairs of 0x7F are commands that do not exist: each that arrives is refused with one byte, so refusals count
 * what came through. A packet that vanishes with all behind it is an MTU hole, one that loses its end a full buffer.
 */
import { NACK, SYNCHRONISATION } from '../bootloader/an3155.js';
import { lineTimeMs } from '../link/line-settings.js';
import { count, hex } from './byte-runs.js';
import type { Case } from './case.js';
import { rateOf } from './examine-times.js';

/** Fits every converter's buffer and every network. */
const SMALL_BYTES = 256;
/** A full segment on most networks. */
const LARGE_BYTES = 1460;
const LARGE_BURSTS = 3;
/** All of them; on a slow line there are fewer. */
const LARGE_BURSTS_MS = 6000;
/** What stage-flash reckons that a converter holds (link/line-pacer.ts). */
const RECKONED_BYTES = 960;
/** Below, more is missing than single bytes. */
const FEW = 0.9;

/** Then it was a full buffer, and not a byte here and there. */
export function isFew(arrivedBytes: number, sentBytes: number): boolean {
  return arrivedBytes < FEW * sentBytes;
}

interface Burst {
  readonly sentBytes: number;
  readonly refusals: number;
  readonly tookMs: number;
}

export async function examineBursts(examined: Case): Promise<void> {
  const { line } = examined;
  // By turns, as half-duplex=1 has it, nobody hears an answer to what is still being sent.
  if (line.settings.isHalfDuplex) return;
  const small = await tryBurst(examined, SMALL_BYTES);
  await examined.keepInStep();
  if (small.refusals === 0) return;
  examined.up.push({ characters: SMALL_BYTES + 1, tookMs: small.tookMs });
  line.measuredRate = rateOf(examined);
  // A bootloader without FIFO may miss bytes while it refuses: what it makes of a small burst is the measure for large ones.
  const refusalsPerByte = small.refusals < FEW * (SMALL_BYTES / 2) ? small.refusals / SMALL_BYTES : 1 / 2;
  if (small.refusals <= SMALL_BYTES / 64) {
    examined.found('half-duplex', `of ${SMALL_BYTES / 2} refusals only ${small.refusals} were heard: what the board says while something is sent is lost`);
    return;
  }
  const largeBytes = line.datagramBytes ?? LARGE_BYTES;
  const bursts: Burst[] = [];
  const burstMs = lineTimeMs(largeBytes, { ...line.settings, baudRate: line.measuredRate ?? line.settings.baudRate });
  for (let sent = 0; sent < LARGE_BURSTS && (sent === 0 || (sent + 1) * burstMs <= LARGE_BURSTS_MS); sent++) {
    const burst = await tryBurst(examined, largeBytes);
    if (burst.refusals === 0) {
      if (await explainSilence(examined, largeBytes)) return;
      continue;
    }
    bursts.push(burst);
    await examined.keepInStep();
  }
  concludeBursts(examined, bursts, refusalsPerByte);
}

async function tryBurst(examined: Case, sentBytes: number): Promise<Burst> {
  const { line } = examined;
  const { bytes, tookMs } = await line.ask(
    new Uint8Array(sentBytes).fill(SYNCHRONISATION), (answer) => answer.length === sentBytes / 2 && count(answer, NACK) === answer.length, { lineBytes: sentBytes + 1 },
  );
  const others = bytes.filter((byte) => byte !== NACK && !(line.isEchoing && byte === SYNCHRONISATION));
  if (others.length > 0 && others.length < bytes.length) examined.changes.push(`${others.length} of ${bytes.length} refusals came as ${hex(others)}`);
  return { sentBytes, refusals: count(bytes, NACK), tookMs };
}

/** @returns whether it is of no use to send more */
async function explainSilence(examined: Case, sentBytes: number): Promise<boolean> {
  const { line } = examined;
  if (line.datagramBytes !== undefined || !line.canReconnect) {
    examined.lost(`${sentBytes} bytes at once`, new Uint8Array());
    await examined.regain();
    return false;
  }
  const silentSinceMs = line.lastHeardMs;
  if (await examined.outlast(silentSinceMs)) return false;
  await examined.startOver();
  const again = await tryBurst(examined, sentBytes);
  if (again.refusals > 0) {
    examined.foundHalfOpen(silentSinceMs);
    return false;
  }
  examined.found('mtu-hole', `${SMALL_BYTES} bytes in one packet pass; ${sentBytes} vanished twice, and all behind them`);
  await examined.startOver();
  return true;
}

function concludeBursts(examined: Case, bursts: readonly Burst[], refusalsPerByte: number): void {
  if (bursts.length === 0) return;
  const arrived = bursts.map(({ refusals }) => Math.round(refusals / refusalsPerByte));
  const [sentBytes, most] = [bursts[0]!.sentBytes, Math.min(bursts[0]!.sentBytes, Math.max(...arrived))];
  examined.facts.burst = { sentBytes, arrivedBytes: most };
  if (isFew(most, sentBytes)) {
    if (most < RECKONED_BYTES) examined.found('small-buffer', `of ${sentBytes} bytes that came at once, no more than ${most} reached the board`);
    return;
  }
  const whole = bursts.filter((_, index) => arrived[index]! >= sentBytes - 1);
  const missing = arrived.reduce((sum, bytes) => sum + Math.max(0, sentBytes - bytes), 0);
  if (whole.length < bursts.length) examined.losses.push(`about ${missing} of ${sentBytes * bursts.length} bytes in bursts`);
  examined.up.push(...whole.map(({ tookMs }) => ({ characters: sentBytes + 1, tookMs })));
}
