/**
 * Another bit rate for the time of the stream: agreed on at the first rate, confirmed at the new one, or given up by both ends. The stub goes back by
 * itself when it hears nothing at the new rate (PROTOCOL.md §4, RATE); this end follows, and is quiet until the stub must have gone.
 */
import { StageFlashError } from '../errors.js';
import type { JobEvents } from '../job-events.js';
import type { LineSettings } from '../link/line-settings.js';
import type { Link } from '../link/link.js';
import type { MessageValues } from '../protocol/messages.js';
import type { StubSession } from './stub-session.js';

/** A stub that reads all its flash hears nothing meanwhile. */
const LONGEST_DEAFNESS_MS = 5000;
/** Three words may get lost. */
const KEEP_PER_PATIENCE = 4;
/** A stub that is on trial hears from the host at once. */
const TRIAL_MS = 2000;

export interface RaisedRate {
  /** The line as the ROM bootloader had it. */
  readonly base: LineSettings;
  /** `patienceMs`: the stub goes back when it hears nothing for so long. */
  readonly values: MessageValues<'rate'>;
}

export type RateCarrier = Pick<Link, 'name' | 'line' | 'abilities'>;

/** The line as the stream will have it, if all goes well. */
export function streamLine({ line, abilities }: RateCarrier, baudRate = line.baudRate): LineSettings {
  return abilities?.includes('rate') ? { ...line, baudRate } : line;
}

/** How long a stub that nobody speaks to may stay at another rate than its first. */
export function ratePatienceMs(session: Pick<StubSession, 'roundTrip'>): number {
  return Math.ceil(session.roundTrip.patienceMs(LONGEST_DEAFNESS_MS));
}

/** Never fails for a line that cannot: then it says so, and the stream goes at the first rate. */
export async function raiseRate(session: StubSession, baudRate: number | undefined, events: JobEvents): Promise<void> {
  const { link } = session;
  const base = link.line;
  const line = streamLine(link, baudRate);
  if (baudRate !== undefined && line.baudRate !== baudRate) events.warning(`${link.name} cannot change the bit rate of its line: staying at ${base.baudRate}.`);
  if (line.baudRate === base.baudRate) return;
  const rates = { from: base.baudRate, to: line.baudRate };
  const trial = { ...rates, patienceMs: Math.ceil(session.roundTrip.patienceMs(TRIAL_MS)) };
  await session.ask('rate', trial, 'rated', 0);
  session.raised = { base, values: trial };
  const values = { ...rates, patienceMs: ratePatienceMs(session) };
  if ((await isSet(link, line)) && (await isConfirmed(session, values, trial.patienceMs))) {
    session.raised = { base, values };
    events.note(`The line runs at ${line.baudRate} for the stream.`);
    return;
  }
  events.warning(`The line does not work at ${line.baudRate}: staying at ${base.baudRate}.`);
  await lowerRate(session);
}

/** Between two messages, while there is nothing else to say: the stub shall not think that nobody is there. */
export async function keepRate(session: StubSession): Promise<void> {
  const { raised, link } = session;
  if (raised === undefined || link.now() - session.sentAtMs < raised.values.patienceMs / KEEP_PER_PATIENCE) return;
  const request = session.newRequest();
  await session.send('rate', request, raised.values);
  session.takeEach('rated');
}

/** Back to the first rate, when the stub has gone there or will have soon. */
export async function lowerRate(session: StubSession): Promise<void> {
  const { raised, link, pacer, roundTrip } = session;
  if (raised === undefined) return;
  session.raised = undefined;
  await link.setLine?.(raised.base);
  const quietUntilMs = pacer.freeAtMs + raised.values.patienceMs + roundTrip.timeoutMs(0);
  session.pardonSilence();
  while (link.now() < quietUntilMs) await session.listen(quietUntilMs);
  session.pardonSilence();
}

/** The stub has left: whatever runs on the board now speaks at a rate of its own, the first one as far as anybody knows. */
export async function forgetRate(session: StubSession): Promise<void> {
  const { raised, link } = session;
  session.raised = undefined;
  if (raised !== undefined) await link.setLine?.(raised.base);
}

async function isSet(link: Link, line: LineSettings): Promise<boolean> {
  try {
    await link.setLine?.(line);
    return true;
  } catch (error) {
    if (error instanceof StageFlashError && error.kind === 'link') return false;
    throw error;
  }
}

/** Asks at the new rate, again and again, until the stub must have given up. */
async function isConfirmed(session: StubSession, values: MessageValues<'rate'>, trialMs: number): Promise<boolean> {
  const { link, roundTrip, pacer } = session;
  const giveUpMs = link.now() + trialMs;
  while (link.now() < giveUpMs) {
    const request = session.newRequest();
    await session.send('rate', request, values);
    const deadlineMs = Math.min(giveUpMs, pacer.freeAtMs + roundTrip.patienceMs(0));
    while (link.now() < deadlineMs) {
      if (session.takeAnswer('rated', request) !== undefined) return true;
      await session.listen(deadlineMs);
    }
  }
  return false;
}
