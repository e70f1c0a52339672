/**
 * When the bytes of a stream arrive, frame by frame, while the stub executes: the line carries one frame after the other, and the host stops where the
 * window ends until it has heard, a round trip later, that there is room. Knows nothing of flash.
 */
import { wireBytes } from '../protocol/frame.js';
import type { Masks } from '../protocol/masks.js';
import { LIMITS } from '../protocol/wire.js';
import { burstSchedule } from './burst-schedule.js';

export interface LineFacts {
  /** Of one character on the line. */
  readonly secondsPerByte: number;
  readonly roundTripSeconds: number;
  /** Between two reports of the stub while data come. */
  readonly reportSeconds: number;
  /** Payload of a frame, when nothing is lost. */
  readonly frameBytes: number;
  /** @default 'one' */
  readonly masks?: Masks;
  /** Half-duplex: host and stub speak by turns. */
  readonly turns?: Turns;
}

export interface Turns {
  /** A question and its answer on the line. */
  readonly questionSeconds: number;
  /** Between two questions while the stub only works. */
  readonly pauseSeconds: number;
  /** No burst takes longer. */
  readonly burstSeconds: number;
  /** Less of the window than this is not worth a burst. */
  readonly worthwhileShare: number;
}

export interface WireSchedule {
  /** Where the frame ends that holds the byte at `offset`, and when it has come. To be asked in the order of the stream. */
  frameOf(offset: number): { readonly end: number; readonly comeSeconds: number };
  /** Everything before `offset` has been executed. */
  executed(offset: number, seconds: number): void;
  /** When the host can know what the stub has done at `seconds`, but for the way back. */
  noticed(seconds: number): number;
}

export function wireSchedule(streamBytes: number, windowBytes: number, line: LineFacts): WireSchedule {
  if (line.turns !== undefined) return burstSchedule(streamBytes, windowBytes, line, line.turns);
  const executed: { readonly offset: number; readonly seconds: number }[] = [];
  let forgotten = 0;
  let end = 0;
  let comeSeconds = 0;

  /** When the host knows that there is room up to here. */
  const roomSeconds = (upTo: number): number => {
    if (upTo <= windowBytes) return 0;
    while (forgotten < executed.length && executed[forgotten]!.offset < upTo - windowBytes) forgotten++;
    return (executed[forgotten]?.seconds ?? 0) + line.reportSeconds + line.roundTripSeconds;
  };
  const sendNext = (): void => {
    // The first frame is short (run-stream.ts).
    const next = Math.min(streamBytes, end === 0 ? LIMITS.unitBytes.value : end + line.frameBytes);
    comeSeconds = Math.max(comeSeconds, roomSeconds(next)) + wireBytes(next - end, line.masks ?? 'one') * line.secondsPerByte;
    end = next;
  };
  return {
    frameOf: (offset) => {
      while (end <= offset && end < streamBytes) sendNext();
      return { end, comeSeconds };
    },
    executed: (offset, seconds) => void executed.push({ offset, seconds }),
    noticed: (seconds) => seconds,
  };
}
