/** How far ahead of the stub a stream goes, so that a cut finds what was not begun as it was. */
import { describe, expect, test } from 'vitest';
import { sendLimit, type Change } from '../../host/plan/changes.js';

const change = (from: number, sector: number, step: number): Change => ({ from, to: from + 5, sector, step, kind: 'erase' });
/** Two sectors are erased in the first step, one in each other; two steps share the unit at 640. */
const CHANGES = { all: [change(10, 0, 0), change(30, 8, 0), change(300, 1, 1), change(650, 9, 2), change(700, 2, 3), change(1500, 10, 4)], provenFrom: Infinity };
const STREAM = 2048;
const limit = (executed: number, ahead: number): number => sendLimit(CHANGES, STREAM, executed, ahead);

describe('a stream may be sent', () => {
  test('up to the step behind those that may be ahead, in whole units', () => {
    expect(limit(0, 1)).toBe(256);
    expect(limit(0, 2)).toBe(640);
    // One of the first two erases is executed, and so is their step; the other goes with it.
    expect(limit(15, 1)).toBe(640);
    expect(limit(305, 2)).toBe(1408);
  });

  test('with another step, where the unit holds the begin of both', () => {
    expect(limit(305, 1)).toBe(768);
  });

  test('to its end when the last step may go', () => {
    expect(limit(0, 5)).toBe(STREAM);
    expect(limit(705, 1)).toBe(STREAM);
    expect(sendLimit({ all: [], provenFrom: Infinity }, STREAM, 0, 1)).toBe(STREAM);
  });

  test('always so far that the next step can begin', () => {
    for (let executed = 0; executed < STREAM; executed++) {
      const next = CHANGES.all.find(({ to }) => to > executed);
      expect(limit(executed, 1)).toBeGreaterThanOrEqual(next?.to ?? STREAM);
      expect(limit(executed, 1) % 128).toBe(0);
    }
  });
});
