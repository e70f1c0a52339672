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
  const burstBytes = Math.max(UNIT, turns.burstSeconds / Math.max(line.secondsPerByte, 1e-9));
  let limit = Math.min(windowBytes, burstBytes);
  let comeSeconds = 0;

  const executedAt = (seconds: number): number => {
    while (known < executed.length && executed[known]!.seconds <= seconds) known++;
    return executed[known - 1]?.offset ?? 0;
  };
  const nextBurst = (): void => {
    let room: number;
    for (let askedAt = comeSeconds; ; askedAt += silenceSeconds + turns.pauseSeconds) {
      room = executedAt(askedAt) + windowBytes - end;
      comeSeconds = askedAt + silenceSeconds;
      // Behind what was told last nothing is executed before more has come.
      if (room >= Math.min(streamBytes - end, windowBytes * turns.worthwhileShare) || known === executed.length) break;
    }
    limit = end + Math.max(UNIT, Math.min(room, burstBytes));
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
