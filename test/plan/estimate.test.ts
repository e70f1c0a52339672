/** Estimates against what one works out by hand from the datasheet: 1 s for a sector, 100 µs for a flash word, and what the line takes. */
import { describe, expect, test } from 'vitest';
import type { Segment } from '../../host/image/image.js';
import { buildPlan } from '../../host/plan/build-plan.js';
import { streamSeconds } from '../../host/plan/estimate.js';
import { planStream } from '../../host/plan/stream.js';
import type { LineFacts } from '../../host/plan/wire-schedule.js';
import { image, part, run } from './images.js';

const H743 = part('STM32H743xI');
const [BANK1, BANK2, SECTOR] = [0x0800_0000, 0x0810_0000, 0x2_0000];
const WINDOW = 0x3_0000;
const AT_ONCE: LineFacts = { secondsPerByte: 0, roundTripSeconds: 0, reportSeconds: 0, frameBytes: 4096 };
/** The stub's own work between flash words and on digests is a few per cent. */
const near = (seconds: number, expected: number): void => expect(Math.abs(seconds / expected - 1), `${seconds} s in place of ${expected} s`).toBeLessThan(0.08);

function estimate(segments: readonly Segment[], line: Partial<LineFacts>, windowBytes = WINDOW): number {
  const plan = buildPlan(image(...segments), H743, { sectorDigests: undefined });
  return streamSeconds(plan, planStream(plan), windowBytes, { ...AT_ONCE, ...line });
}

const words = (lengthBytes: number): number => (lengthBytes / 32) * 100e-6;

describe('the estimate', () => {
  test('of a line that takes no time is that of the flash', () => {
    near(estimate([run(BANK1, SECTOR)], {}), 1 + words(SECTOR));
  });

  test('erases one bank while the other is written', () => {
    const eachBank = 4 * SECTOR;
    // The vector's sector alone first, then three more behind it, while the other bank has its four; the sectors' programming alternates with erasing.
    const seconds = estimate([run(BANK1, eachBank), run(BANK2, eachBank)], {});
    expect(seconds).toBeGreaterThan(5 + words(eachBank));
    expect(seconds).toBeLessThan(5 + words(2 * eachBank));
  });

  test('of a slow line is the wire time, framing included, and the last words', () => {
    const secondsPerByte = 11 / 115_200;
    near(estimate([run(BANK1, 3 * SECTOR)], { secondsPerByte }), 3 * SECTOR * (1 + 20 / 4096) * secondsPerByte);
  });

  test('waits with the first erase for the first unit only', () => {
    const slow = { secondsPerByte: 11 / 9600, frameBytes: 2048 };
    // A kilobyte is there before the sector is erased.
    near(estimate([run(BANK1, 0x380)], slow), 148 * slow.secondsPerByte + 1);
  });

  test('counts a round trip for each window, where the way is long and the line fast', () => {
    const [roundTripSeconds, secondsPerByte] = [2, 5.5e-6];
    const lengthBytes = 6 * SECTOR;
    const windows = lengthBytes / 0x1_0000;
    const seconds = estimate([run(BANK1, lengthBytes)], { secondsPerByte, roundTripSeconds }, 0x1_0000);
    expect(seconds).toBeGreaterThan((windows - 1) * roundTripSeconds);
    expect(seconds).toBeLessThan((windows + 2) * roundTripSeconds + 6 + words(lengthBytes));
  });

  test('of nothing to do is a round trip and a digest', () => {
    const whole = image({ address: BANK1, bytes: new Uint8Array(SECTOR).fill(0x11) });
    const unknown = buildPlan(whole, H743, { sectorDigests: undefined });
    const plan = buildPlan(whole, H743, { sectorDigests: [unknown.sectors[0]!.digest] });
    near(streamSeconds(plan, planStream(plan), WINDOW, { ...AT_ONCE, roundTripSeconds: 0.6 }), 0.6 + (SECTOR * 4.25) / 64e6);
  });
});
