/**
 * The same as wire-schedule.ts where host and stub speak by turns (session/run-bursts.ts): burst, question, a round trip of silence. A burst ends where the
 * window did when the last question was answered.
 */
import { wireBytes } from '../protocol/frame.js';
import { LIMITS } from '../protocol/wire.js';
import type { LineFacts, Turns, WireSchedule } from './wire-schedule.js';

const UNIT = LIMITS.unitBytes.value;

export function burstSchedule(streamBytes: number, windowBytes: number, line: LineFacts, turns: Turns): WireSchedule {
  const executed: { readonly offset: number; readonly seconds: number }[] = [];
  const silenceSeconds = line.roundTripSeconds + turns.questionSeconds;
  let known = 0;
  let end = 0;
  let limit = windowBytes;
  let comeSeconds = 0;

  const executedAt = (seconds: number): number => {
    while (known < executed.length && executed[known]!.seconds <= seconds) known++;
    return executed[known - 1]?.offset ?? 0;
  };
  const nextBurst = (): void => {
    for (let askedAt = comeSeconds; ; askedAt += silenceSeconds + turns.pauseSeconds) {
      limit = Math.floor((executedAt(askedAt) + windowBytes) / UNIT) * UNIT;
      comeSeconds = askedAt + silenceSeconds;
      // Behind what was told last nothing is executed before more has come.
      if (limit - end >= Math.min(streamBytes - end, windowBytes * turns.worthwhileShare) || known === executed.length) break;
    }
    limit = Math.max(limit, end + UNIT);
  };
  const sendNext = (): void => {
    if (end >= limit) nextBurst();
    // The first frame is short (session/frame-size.ts).
    const next = Math.min(streamBytes, limit, end === 0 ? UNIT : end + line.frameBytes);
    comeSeconds += wireBytes(next - end, line.masks ?? 'one') * line.secondsPerByte;
    end = next;
  };
  return {
    frameOf: (offset) => {
      while (end <= offset && end < streamBytes) sendNext();
      return { end, comeSeconds };
    },
    executed: (offset, seconds) => void executed.push({ offset, seconds }),
    noticed: (seconds) => {
      if (streamBytes === 0) return seconds;
      const questions = Math.ceil(Math.max(0, seconds - comeSeconds) / (silenceSeconds + turns.pauseSeconds));
      return comeSeconds + questions * (silenceSeconds + turns.pauseSeconds) + silenceSeconds;
    },
  };
}
