/** Plan → the stream that takes the least time, the network's share included. */
import { blobOf, readManifest } from '../blobs/manifest.js';
import type { PackedContent } from '../codec/packed-content.js';
import type { Packer } from '../codec/packer.js';
import type { Segment } from '../image/image.js';
import type { JobEvents } from '../job-events.js';
import { bitsPerCharacter } from '../link/line-settings.js';
import { sectorRuns } from '../plan/build-plan.js';
import type { Way } from '../plan/describe-plan.js';
import { streamSeconds } from '../plan/estimate.js';
import { estimateRom } from '../plan/estimate-rom.js';
import { programmedBytes, type Plan } from '../plan/plan.js';
import { planStream, updateStream } from '../plan/stream.js';
import type { LineFacts } from '../plan/wire-schedule.js';
import { masksFor } from '../protocol/masks.js';
import { reportPaceMs } from '../protocol/report-pace.js';
import { LIMITS } from '../protocol/wire.js';
import { framedBytes, fullPayloadBytes } from '../session/frame-size.js';
import { turnsOn } from '../session/run-bursts.js';
import { streamLine } from '../session/stream-rate.js';
import type { StubSession } from '../session/stub-session.js';
import { packUpdate, packWrites } from './pack-plan.js';

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
  /** A board that is proven and hears nobody for so long is reset; 0: never. */
  readonly orphanMs: number;
  /** Since the first byte of the job. */
  readonly elapsedSeconds: number;
  /** @default that of the line */
  readonly streamBaud: number | undefined;
  readonly events: JobEvents;
}

interface Candidate {
  readonly name: string;
  readonly stream: Uint8Array;
}

/** What the network before a UART carries nobody has told us: 2 Mbit/s are taken for it, so that bytes have a price also where the flash is slower than the line. */
const NETWORK_BYTES_PER_SECOND = 250_000;
/** Nothing that is packed without the old content comes near to that. */
const SMALL_UPDATE = 0.15;
/** A PROGRESS with its map. */
const REPORT_BYTES = 64;

/** Same plan and same line, same bytes: a later process that goes on with this job must make the very stream. */
export async function makeStream(plan: Plan, session: StubSession, wishes: StreamWishes): Promise<MadeStream> {
  const { datagramBytes, hasXonXoff } = session.link;
  const carrier = { ...(datagramBytes !== undefined && { datagramBytes }), ...(hasXonXoff && { hasXonXoff }), line: streamLine(session.link, wishes.streamBaud) };
  const { line } = carrier;
  const lineFacts: LineFacts = {
    secondsPerByte: bitsPerCharacter(line) / line.baudRate, roundTripSeconds: session.roundTrip.smoothedMs / 1000,
    reportSeconds: reportPaceMs(line.baudRate) / 1000, frameBytes: fullPayloadBytes(carrier), masks: masksFor(carrier),
    ...(line.isHalfDuplex && { turns: turnsOn(line, session.roundTrip.smoothedMs) }),
  };
  const { windowBytes } = session.facts;
  // The round trip is measured, and a later process measures another one: it must not decide.
  const nearby: LineFacts = { ...lineFacts, roundTripSeconds: 0, ...(line.isHalfDuplex && { turns: turnsOn(line, 0) }) };
  const costSeconds = ({ stream }: Candidate): number => streamSeconds(plan, stream, windowBytes, nearby) + stream.length / NETWORK_BYTES_PER_SECOND;

  const stored: Candidate = { name: 'stored', stream: planStream(plan, undefined, wishes.orphanMs) };
  const update = wishes.compress ? await updated(plan, wishes) : [];
  const isUpdateSmall = update.some(({ stream }) => stream.length < SMALL_UPDATE * stored.stream.length);
  const candidates = [stored, ...update, ...(wishes.compress && !isUpdateSmall ? await packed(plan, wishes) : [])];
  const costs = candidates.map(costSeconds);
  const chosen = candidates[costs.indexOf(Math.min(...costs))]!;
  const ways = candidates.map((candidate): Way => {
    const seconds = streamSeconds(plan, candidate.stream, windowBytes, lineFacts);
    const bytesUp = framedBytes(candidate.stream.length, carrier);
    return {
      name: candidate.name, isChosen: candidate === chosen, seconds: wishes.elapsedSeconds + seconds,
      bytesUp, bytesDown: Math.round(REPORT_BYTES * reports(seconds, bytesUp * lineFacts.secondsPerByte, lineFacts)),
    };
  });
  const rom: Way = { name: 'ROM bootloader alone', isChosen: false, ...estimateRom(plan, lineFacts) };
  return { stream: chosen.stream, ways: [...ways, rom] };
}

/** For data at the pace of the line, or frame by frame; while the line is quiet, one a second. */
function reports(seconds: number, wireSeconds: number, { reportSeconds, frameBytes, secondsPerByte }: LineFacts): number {
  return wireSeconds / Math.max(reportSeconds, frameBytes * secondsPerByte) + Math.max(0, seconds - wireSeconds) / (LIMITS.tickMs.value / 1000);
}

async function updated(plan: Plan, { known, packer, events, orphanMs }: StreamWishes): Promise<Candidate[]> {
  const update = packUpdate(plan, known, packer, (share) => tellPacking(plan, share, 'comparing with what is there', events));
  const content = await packedOr(update?.content, events);
  return update === undefined || content === undefined ? [] : [{ name: 'delta', stream: updateStream(plan, update.steps, sectorRuns(plan), { content, codec: codec() }, orphanMs) }];
}

async function packed(plan: Plan, { packer, events, orphanMs }: StreamWishes): Promise<Candidate[]> {
  const content = await packedOr(packWrites(plan, packer, (share) => tellPacking(plan, share, 'packing', events)), events);
  return content === undefined ? [] : [{ name: 'compressed', stream: planStream(plan, { content, codec: codec() }, orphanMs) }];
}

/** A host without the memory for it can still send what there is. */
async function packedOr(packing: Promise<PackedContent> | undefined, events: JobEvents): Promise<PackedContent | undefined> {
  try {
    return await packing;
  } catch (error) {
    events.warning(`Packing failed (${error instanceof Error ? error.message : String(error)}); sending without it, as --no-compress does.`);
    return undefined;
  }
}

function codec(): Uint8Array {
  return blobOf(readManifest(), 'codec').bytes;
}

function tellPacking(plan: Plan, share: number, what: string, events: JobEvents): void {
  const totalBytes = programmedBytes(plan);
  events.progress('plan', Math.round(share * totalBytes), totalBytes, what);
}
