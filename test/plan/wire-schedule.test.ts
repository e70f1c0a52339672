import { describe, expect, test } from 'vitest';
import { wireSchedule, type LineFacts } from '../../host/plan/wire-schedule.js';

/** A thousandth of a second for a byte, 20 of which frame each payload. */
const LINE: LineFacts = { secondsPerByte: 0.001, roundTripSeconds: 0, reportSeconds: 0, frameBytes: 480 };

describe('frames', () => {
  test('come one behind the other, a short one first', () => {
    const wire = wireSchedule(1200, Infinity, LINE);
    expect([0, 127, 128, 607, 608, 1199].map((offset) => wire.frameOf(offset).end)).toEqual([128, 128, 608, 608, 1088, 1200]);
    expect(wire.frameOf(1199).comeSeconds).toBeCloseTo(1.2 + 4 * 0.02);
  });

  test('wait for room in the window until its executed end has been heard of', () => {
    const wire = wireSchedule(1200, 700, { ...LINE, roundTripSeconds: 2, reportSeconds: 0.5 });
    expect(wire.frameOf(608 - 1).comeSeconds).toBeCloseTo(0.648);
    wire.executed(128, 1);
    wire.executed(608, 3);
    // Up to 1088 is room when 388 are executed: the first that is at least so much is 608.
    expect(wire.frameOf(608).comeSeconds).toBeCloseTo(3 + 0.5 + 2 + 0.5);
  });
});
