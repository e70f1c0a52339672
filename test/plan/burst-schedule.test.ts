/** When frames come where host and stub speak by turns: reckoned by hand. */
import { describe, expect, test } from 'vitest';
import { wireSchedule, type LineFacts } from '../../host/plan/wire-schedule.js';
import { FRAME_OVERHEAD_BYTES } from '../../host/protocol/frame.js';

/** A byte takes a millisecond. */
const LINE: LineFacts = {
  secondsPerByte: 0.001, roundTripSeconds: 1, reportSeconds: 0, frameBytes: 1024,
  turns: { questionSeconds: 0.1, pauseSeconds: 0.2, burstSeconds: 4, worthwhileShare: 1 / 4 },
};
const frameSeconds = (bytes: number): number => (bytes + FRAME_OVERHEAD_BYTES) / 1000;

describe('a stream by turns', () => {
  test('within one burst comes frame by frame, the first one short', () => {
    const wire = wireSchedule(2000, 65_536, LINE);
    expect(wire.frameOf(0)).toEqual({ end: 128, comeSeconds: frameSeconds(128) });
    expect(wire.frameOf(1999).comeSeconds).toBeCloseTo(frameSeconds(128) + frameSeconds(1024) + frameSeconds(848), 9);
  });

  test('goes on after a question and a round trip when a burst has lasted long enough', () => {
    const wire = wireSchedule(8000, 65_536, LINE);
    const last = wire.frameOf(3999);
    expect(last.end).toBe(4000);
    wire.executed(4000, last.comeSeconds);
    expect(wire.frameOf(4000).comeSeconds).toBeCloseTo(last.comeSeconds + 1.1 + frameSeconds(1024), 9);
  });

  test('waits, question by question, until there is room that is worth a burst', () => {
    const wire = wireSchedule(8192, 1024, LINE);
    const { comeSeconds } = wire.frameOf(1023);
    wire.executed(128, comeSeconds);
    wire.executed(256, comeSeconds + 1.2);
    wire.executed(1024, comeSeconds + 9);
    // Asked behind the burst, then every 1.3 s: the second answer tells of a fourth of the window.
    expect(wire.frameOf(1024)).toEqual({ end: 1280, comeSeconds: expect.closeTo(comeSeconds + 1.3 + 1.1 + frameSeconds(256), 9) as number });
  });

  test('is known to be executed by the next question, and that takes a round trip', () => {
    const wire = wireSchedule(1024, 65_536, LINE);
    const { comeSeconds } = wire.frameOf(1023);
    expect(wire.noticed(comeSeconds)).toBeCloseTo(comeSeconds + 1.1, 9);
    expect(wire.noticed(comeSeconds + 1.4)).toBeCloseTo(comeSeconds + 2 * 1.3 + 1.1, 9);
    expect(wireSchedule(0, 65_536, LINE).noticed(3)).toBe(3);
  });
});
