/** Plan → the stream that takes the least time, and the fewest bytes among those that take as long. */
import { blobOf, readManifest } from '../blobs/manifest.js';
import { isNoise } from '../codec/is-noise.js';
import type { Packer } from '../codec/packer.js';
import type { Segment } from '../image/image.js';
import type { JobEvents } from '../job-events.js';
import { bitsPerCharacter } from '../link/line-settings.js';
import { sectorRuns } from '../plan/build-plan.js';
import type { Way } from '../plan/describe-plan.js';
import { streamSeconds, type LineFacts } from '../plan/estimate.js';
import { estimateRom } from '../plan/estimate-rom.js';
import { programmedBytes, type Plan } from '../plan/plan.js';
import { planStream, updateStream } from '../plan/stream.js';
import { updateSchedule, type UpdateStep } from '../plan/update-schedule.js';
import { LIMITS } from '../protocol/wire.js';
import { framedBytes } from '../session/run-stream.js';
import type { StubSession } from '../session/stub-session.js';

export interface MadeStream {
  readonly stream: Uint8Array;
  /** All that were thought of, the chosen one among them. */
  readonly ways: readonly Way[];
}

export interface StreamWishes {
  readonly compress: boolean;
  /** What the flash holds, as far as it is known. */
  readonly known: readonly Segment[];
  readonly packer: Packer;
  /** Since the first byte of the job. */
  readonly elapsedSeconds: number;
  readonly events: JobEvents;
}

interface Candidate {
  readonly name: string;
  readonly stream: Uint8Array;
  readonly isPacked: boolean;
  readonly steps?: readonly UpdateStep[];
}

const UPDATE_MEMORY = { historyBytes: LIMITS.recentBytes.value, halfTheShifts: LIMITS.halfTheShifts.value };
const mostSpans = LIMITS.mostSpans.value;
/** Differences below are no reason to send more bytes. */
const AS_QUICK = 1.02;
/** Nothing that is packed without the old content comes near to that. */
const SMALL_UPDATE = 0.15;
/** Where less of what is written is known from before (the end of a sector that stays, behind a large image), comparing costs the host more than it gains. */
const WORTH_COMPARING = 0.1;
/** A PROGRESS with its map, and how many come on average: one a second unasked, more for data. */
const REPORT_BYTES = 64;
const REPORTS_PER_SECOND = 2;

/** Same plan and same line, same bytes: a later process that goes on with this job must make the very stream. */
export async function makeStream(plan: Plan, session: StubSession, wishes: StreamWishes): Promise<MadeStream> {
  const { line } = session.link;
  const lineFacts: LineFacts = { secondsPerByte: bitsPerCharacter(line) / line.baudRate, roundTripSeconds: session.roundTrip.smoothedMs / 1000 };
  // The round trip is measured, and a later process measures another one: it must not decide.
  const secondsOf = ({ stream, isPacked, steps }: Candidate, roundTripSeconds = 0): number =>
    streamSeconds(plan, { wireBytes: framedBytes(stream.length, session.link), windowBytes: session.facts.windowBytes, isPacked, ...(steps && { steps }) }, { ...lineFacts, roundTripSeconds });

  const stored: Candidate = { name: 'stored', stream: planStream(plan), isPacked: false };
  const noWireSeconds = secondsOf({ ...stored, stream: new Uint8Array(0) });
  const isWireSlow = secondsOf(stored) > AS_QUICK * noWireSeconds;
  const update = wishes.compress ? await updated(plan, wishes) : [];
  const isUpdateSmall = update.some(({ stream }) => stream.length < SMALL_UPDATE * stored.stream.length);
  const candidates = [stored, ...update, ...(wishes.compress && isWireSlow && !isUpdateSmall ? await packed(plan, wishes) : [])];
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

/** Nothing where nothing is known of the sectors that change, or the part has no RAM to copy them to. */
async function updated(plan: Plan, { known, packer, events }: StreamWishes): Promise<Candidate[]> {
  const steps = updateSchedule(plan);
  const replaced = plan.erases.filter(({ base }) => base !== plan.kept?.sector.base);
  const knownBytes = known.reduce((sum, { address, bytes }) => sum + (replaced.some(({ base, lengthBytes }) => address >= base && address < base + lengthBytes) ? bytes.length : 0), 0);
  if (steps === undefined || knownBytes < WORTH_COMPARING * programmedBytes(plan)) return [];
  const runs = sectorRuns(plan);
  const targets = runs.map((run) => ({ run, readable: steps.find(({ sector }) => run.address >= sector.base && run.address < sector.base + sector.lengthBytes)!.readable }));
  if (targets.length === 0) return [];
  const content = await packer.diff(known, targets, UPDATE_MEMORY, { mostSpans, onProgress: (share) => tellPacking(plan, share, 'comparing with what is there', events) });
  return [{ name: 'delta', stream: updateStream(plan, steps, runs, { content, codec: codec() }), isPacked: true, steps }];
}

async function packed(plan: Plan, { packer, events }: StreamWishes): Promise<Candidate[]> {
  const runs = sectorRuns(plan);
  if (runs.every((run) => isNoise(run.bytes))) return [];
  const content = await packer.pack(runs, { mostSpans, onProgress: (share) => tellPacking(plan, share, 'packing', events) });
  return [{ name: 'compressed', stream: planStream(plan, { content, codec: codec() }), isPacked: true }];
}

function codec(): Uint8Array {
  return blobOf(readManifest(), 'codec').bytes;
}

function tellPacking(plan: Plan, share: number, what: string, events: JobEvents): void {
  const totalBytes = programmedBytes(plan);
  events.progress('plan', Math.round(share * totalBytes), totalBytes, what);
}
