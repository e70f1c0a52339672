/**
 * The examinations in their order: each relies on what those before it have shown, and on nothing else. Nothing is written to flash; what
 * only a stub could measure is not measured.
 */
import type { Link } from '../link/link.js';
import type { Diagnosis } from '../flash-options.js';
import { Case, EndOfExamination, isLinkError, seconds } from './case.js';
import { concludeStrays } from './conclude-strays.js';
import { examineBursts } from './examine-bursts.js';
import { examineCommands } from './examine-commands.js';
import { examineGreeting } from './examine-greeting.js';
import { examineIdentity } from './examine-identity.js';
import { examinePacking } from './examine-packing.js';
import { examineQuiet } from './examine-quiet.js';
import { examineReconnection } from './examine-reconnection.js';
import { examineSynchronisation } from './examine-synchronisation.js';
import { concludeTimes } from './examine-times.js';
import { examineTransparency } from './examine-transparency.js';
import type { FindingName } from './findings.js';
import { ProbeLine } from './probe-line.js';

interface Examination {
  /** The question, for people who wait. */
  readonly asks: string;
  readonly examine: (examined: Case) => Promise<void>;
}

const EXAMINATIONS: readonly Examination[] = [
  { asks: 'Does anybody speak unasked?', examine: examineGreeting },
  { asks: 'Does a bootloader answer?', examine: examineSynchronisation },
  { asks: 'Do commands and answers pass whole?', examine: examineCommands },
  { asks: 'Which bootloader is it, and does it let us in?', examine: examineIdentity },
  { asks: 'Does every byte pass?', examine: examineTransparency },
  { asks: 'How much passes in one piece?', examine: examineBursts },
  { asks: 'Who holds bytes back?', examine: examinePacking },
  { asks: 'What becomes of a second connection?', examine: examineReconnection },
  { asks: 'What happens when nobody speaks? (31 s)', examine: examineQuiet },
];

/** Converters that end quiet connections wait for three seconds at least. */
const SHORTEST_IDLE_MS = 2000;
/** One examination, without trouble; the last one needs less. */
const EXAMINATION_TRIPS = 8;
const SHORTEST_QUIET_MS = 1000;
/** Before anything was sent. */
const AT_ONCE_MS = 1000;
/** In one examination. */
const MOST_LOSSES = 3;
/** A session bears more, its first minute does not: each datagram that is lost there costs ten seconds. */
const MOST_LOST = 0.15;

interface DoctorHooks {
  readonly say: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** @param link stays its maker's */
export async function examine(link: Link, { say, signal }: DoctorHooks): Promise<Diagnosis> {
  const line = new ProbeLine(link);
  const close = (): void => void line.close();
  signal?.addEventListener('abort', close);
  const examined = new Case(line, say);
  try {
    await runAll(examined);
  } catch (error) {
    if (!(error instanceof EndOfExamination)) throw error;
  } finally {
    signal?.removeEventListener('abort', close);
    await line.close();
  }
  conclude(examined);
  return { findings: examined.findings, facts: examined.facts };
}

async function runAll(examined: Case): Promise<void> {
  for (const { asks, examine } of EXAMINATIONS) {
    // Only trouble takes so long. If it has no name by now, listening will tell.
    const isTrouble = examined.findings.length + examined.losses.length + examined.changes.length > 0;
    if (isTrouble ? examined.leftMs < neededMs(examined, examine) : examined.leftMs < 0 && examine !== examineQuiet) continue;
    if (examined.isDisturbed && examine !== examineQuiet) continue;
    examined.say(asks);
    await examineUntilDone(examined, examine);
  }
}

/** Where there is trouble, two questions more than usual find no answer. */
function neededMs({ line, roundTripMs }: Case, examine: Examination['examine']): number {
  return 2 * line.patienceMs() + (examine === examineQuiet ? SHORTEST_QUIET_MS : EXAMINATION_TRIPS * roundTripMs);
}

/** Connections may break by themselves. */
async function examineUntilDone(examined: Case, examine: Examination['examine']): Promise<void> {
  const { line } = examined;
  for (let losses = 0; ; ) {
    try {
      if (losses > 0) await examined.regain();
      return await examine(examined);
    } catch (error) {
      if (!isLinkError(error) || line.isClosed) throw error;
      const name = nameLoss(examined, error.message);
      if (name === 'busy' || !line.canReconnect || ++losses > MOST_LOSSES) throw new EndOfExamination();
      await examined.reconnect();
    }
  }
}

function nameLoss(examined: Case, why: string): FindingName {
  const { line } = examined;
  const silentMs = line.now() - line.lastHeardMs;
  const isIdle = silentMs >= Math.max(SHORTEST_IDLE_MS, 1.25 * Math.max(0, ...line.samples));
  const name = isIdle ? 'idle-close' : line.now() - examined.startedMs < AT_ONCE_MS ? 'busy' : 'connection-lost';
  examined.found(name, name === 'busy' ? `the connection was accepted and ended at once: ${why}` : isIdle ? `after ${seconds(silentMs)} of silence: ${why}` : why);
  return name;
}

function conclude(examined: Case): void {
  const { lostDatagrams, line } = examined;
  if (lostDatagrams > MOST_LOST * line.samples.length) examined.found('datagrams-lost', `${lostDatagrams} questions or their answers were lost, of about ${line.samples.length + lostDatagrams}`);
  concludeStrays(examined);
  concludeTimes(examined);
  const isExplained = examined.findings.length > 0;
  if (isExplained) return;
  const { losses, changes } = examined;
  if (changes.length > 0) examined.found('bytes-changed', `now and then: ${counted(changes)}`);
  else if (losses.length > 0) examined.found('bytes-lost', `now and then: ${counted(losses)}`);
}

/** What happened more than once is said once. */
function counted(events: readonly string[]): string {
  return [...new Set(events)].map((event) => {
    const times = events.filter((other) => other === event).length;
    return times === 1 ? event : `${event} (${times} times)`;
  }).join('; ');
}
