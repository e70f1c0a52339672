/** One connection that ends after so many bytes from the host, in one of three ways: what became of the job, and how long no data flowed. */
import { ticksToMs } from '../../host/board/time.js';
import { StageFlashError } from '../../host/errors.js';
import type { Report } from '../../host/flash-options.js';
import { lineTimeMs } from '../../host/link/line-settings.js';
import type { SimLink } from '../../host/link/sim-link.js';
import { FRAME_OVERHEAD_BYTES } from '../../host/protocol/frame.js';
import { MESSAGES } from '../../host/protocol/wire.js';
import { fillFlash, firstDifference, flashedOver, flashOf, incompressible, openBoard, runJob, statistics } from '../e2e/virtual-board.js';
import type { Verdict } from './soak.js';

export const ENDINGS = ['reset', 'close', 'silence'] as const;
export type ConnectionEnding = (typeof ENDINGS)[number];

const RTT_MS = 200;
const BOARD = `chip=STM32H743xG&rtt=${RTT_MS}ms`;
const IMAGE = incompressible(24 * 1024, 7);
/** Of each sector: the image is shorter, so 8 KiB have to be fetched, and stay. */
const OTHERS_BYTES = 32 * 1024;
const FULL_FRAME_BYTES = 4096 + FRAME_OVERHEAD_BYTES;
/** FACTS of an H743: windowBytes. */
const H743_WINDOW_BYTES = 0x3_0000;
/** C5 3A (PROTOCOL.md §3). */
const MAGIC = [0xc5, 0x3a] as const;

export interface CleanRun {
  /** Bytes from the host in all. */
  readonly bytes: number;
  /** How many of them have gone before each frame for the stub. */
  readonly frames: readonly number[];
}

/** The job as it is when nothing breaks. */
export async function cleanRun(): Promise<CleanRun> {
  const link = await openBoard(BOARD);
  fillFlash(link, 3, OTHERS_BYTES);
  const sent: number[] = [];
  hearUplink(link, (bytes) => sent.push(...bytes));
  await runJob(IMAGE, link, { after: 'stay' });
  const frames = sent.flatMap((byte, at) => (byte === MAGIC[0] && sent[at + 1] === MAGIC[1] ? [at] : []));
  return { bytes: sent.length, frames };
}

export async function breakConnection(ending: ConnectionEnding, afterBytes: number, clean: CleanRun): Promise<Verdict> {
  const link = await openBoard(`${BOARD}&fault=${ending}=${afterBytes}`);
  const before = fillFlash(link, 3, OTHERS_BYTES);
  const stall = watchStall(link);
  const job = await runJob(IMAGE, link, { after: 'stay' }).catch((error: unknown) => error);
  const isWithStub = afterBytes > clean.frames[0]!;
  if (!isWithStub) return { outcome: `${ending} before the stub: the job ends, the flash is untouched`, wrong: untouchedAfter(job, link, before) };
  if (job instanceof Error || typeof job !== 'object' || job === null || !('report' in job)) return { outcome: `${ending}: the job fails`, wrong: `after ${afterBytes} bytes: ${String(job)}` };
  const { details } = job.report as Report;
  const wrong = firstDifference(flashOf(link), flashedOver(before, IMAGE, link))
    ?? (statistics(link).boots.go === 1 ? undefined : 'the stub was loaded again')
    ?? (details.repeatedBytes! <= mostRepeatedBytes(ending, details) ? undefined : `${details.repeatedBytes} bytes were sent twice`)
    ?? (stall.longestMs() <= 3 * RTT_MS + lineTimeMs(FULL_FRAME_BYTES, link.line) ? undefined : `${stall.longestMs().toFixed(0)} ms from the new connection to the next data`);
  return { outcome: `${ending}: flashed`, wrong: wrong && `${ending} after ${afterBytes} bytes: ${wrong}` };
}

/** What a broken connection swallows is under way; into a silent one at most a window is sent before that is noticed. */
function mostRepeatedBytes(ending: ConnectionEnding, { streamBytes = 0 }: Report['details']): number {
  const underWayBytes = FULL_FRAME_BYTES + (2 * RTT_MS) / lineTimeMs(1, { baudRate: 115_200, parity: 'even', stopBits: 1 });
  return Math.min(streamBytes, ending === 'silence' ? H743_WINDOW_BYTES : underWayBytes);
}

function untouchedAfter(job: unknown, link: SimLink, before: Uint8Array): string | undefined {
  if (!(job instanceof StageFlashError)) return job instanceof Error ? job.message : undefined;
  if (!['link', 'bootloader', 'stub'].includes(job.kind)) return `it failed with kind ${job.kind}: ${job.message}`;
  return firstDifference(flashOf(link), before);
}

function hearUplink({ world }: SimLink, hear: (bytes: Uint8Array, tick: number) => void): void {
  world.converter.toLineFilters.push((bytes, tick) => {
    hear(bytes, tick);
    return bytes;
  });
}

/** From the first packet of a new connection's handshake to the first byte at the converter that is no POLL; 0 where nothing was left to be sent. */
function watchStall(link: SimLink) {
  let connectedTick: number | undefined;
  let longestTicks = 0;
  link.world.onConnected.push((_, tick) => {
    connectedTick = tick;
  });
  hearUplink(link, (bytes, tick) => {
    if (connectedTick === undefined || (bytes.length === FRAME_OVERHEAD_BYTES && bytes[2] === MESSAGES.poll.id)) return;
    longestTicks = Math.max(longestTicks, tick - connectedTick);
    connectedTick = undefined;
  });
  return { longestMs: () => ticksToMs(longestTicks) };
}
