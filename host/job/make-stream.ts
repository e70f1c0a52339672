/** Plan → the stream that takes the least time, and the fewest bytes among those that take as long. */
import { isNoise } from '../codec/is-noise.js';
import { packContent } from '../codec/pack-content.js';
import type { JobEvents } from '../job-events.js';
import { bitsPerCharacter } from '../link/line-settings.js';
import { sectorRuns } from '../plan/build-plan.js';
import type { Way } from '../plan/describe-plan.js';
import { streamSeconds, type LineFacts } from '../plan/estimate.js';
import { estimateRom } from '../plan/estimate-rom.js';
import { programmedBytes, type Plan } from '../plan/plan.js';
import { planStream } from '../plan/stream.js';
import { framedBytes } from '../session/run-stream.js';
import type { StubSession } from '../session/stub-session.js';

export interface MadeStream {
  readonly stream: Uint8Array;
  /** All that were thought of, the chosen one among them. */
  readonly ways: readonly Way[];
}

export interface StreamWishes {
  readonly compress: boolean;
  /** Since the first byte of the job. */
  readonly elapsedSeconds: number;
  readonly events: JobEvents;
}

interface Candidate {
  readonly name: string;
  readonly stream: Uint8Array;
  readonly isPacked: boolean;
}

/** Differences below are no reason to send more bytes. */
const AS_QUICK = 1.02;
/** The stub's PROGRESS, and at least two a second of them. */
const REPORT_BYTES = 64;
const REPORTS_PER_SECOND = 2;

/** Same plan and same line, same bytes: a later process that goes on with this job must make the very stream. */
export async function makeStream(plan: Plan, session: StubSession, wishes: StreamWishes): Promise<MadeStream> {
  const { line } = session.link;
  const lineFacts: LineFacts = { secondsPerByte: bitsPerCharacter(line) / line.baudRate, roundTripSeconds: session.roundTrip.smoothedMs / 1000 };
  // The round trip is measured, and a later process measures another one: it must not decide.
  const secondsOf = ({ stream, isPacked }: Candidate, roundTripSeconds = 0): number =>
    streamSeconds(plan, { wireBytes: framedBytes(stream.length, session.link), windowBytes: session.facts.windowBytes, isPacked }, { ...lineFacts, roundTripSeconds });

  const stored: Candidate = { name: 'stored', stream: planStream(plan), isPacked: false };
  const noWireSeconds = secondsOf({ ...stored, stream: new Uint8Array(0) });
  const isWireSlow = secondsOf(stored) > AS_QUICK * noWireSeconds;
  const candidates = [stored, ...(wishes.compress && isWireSlow ? await packed(plan, wishes.events) : [])];
  const quickest = Math.min(...candidates.map((candidate) => secondsOf(candidate)));
  const asQuick = candidates.filter((candidate) => secondsOf(candidate) <= AS_QUICK * quickest);
  const chosen = asQuick.reduce((best, other) => (other.stream.length < best.stream.length ? other : best));
  const ways = candidates.map((candidate): Way => {
    const seconds = secondsOf(candidate, lineFacts.roundTripSeconds);
    return {
      name: candidate.name, isChosen: candidate === chosen, seconds: wishes.elapsedSeconds + seconds,
      bytesUp: framedBytes(candidate.stream.length, session.link), bytesDown: Math.round(seconds * REPORTS_PER_SECOND * REPORT_BYTES),
    };
  });
  const rom: Way = { name: 'ROM bootloader alone', isChosen: false, ...estimateRom(plan, lineFacts) };
  return { stream: chosen.stream, ways: [...ways, rom] };
}

async function packed(plan: Plan, events: JobEvents): Promise<Candidate[]> {
  const runs = sectorRuns(plan);
  if (runs.every((run) => isNoise(run.bytes))) return [];
  const totalBytes = programmedBytes(plan);
  const content = await packContent(runs, {
    onProgress: (share) => events.progress('plan', Math.round(share * totalBytes), totalBytes, 'packing'),
  });
  return [{ name: 'compressed', stream: planStream(plan, content), isPacked: true }];
}
