/** What a cut may have harmed, by what the stub has counted. */
import { describe, expect, test } from 'vitest';
import { H7_PARTS } from '../../host/device/h7-parts.js';
import { buildPlan } from '../../host/plan/build-plan.js';
import { sectorsInProgress } from '../../host/plan/sectors-in-progress.js';
import { crc32 } from '../../host/protocol/crc32.js';
import { garbage, imageOf } from '../e2e/virtual-board.js';

const part = H7_PARTS.find(({ name }) => name === 'STM32H743xI')!;
const WORDS = 100;
const content = (seed: number): Uint8Array => garbage(WORDS * 32, seed);
/** Sectors 0, 1 and 8: both banks. */
const image = imageOf({ address: 0x0800_0000, bytes: content(1) }, { address: 0x0802_0000, bytes: content(2) }, { address: 0x0810_0000, bytes: content(3) });

describe('sectors in progress', () => {
  const plan = buildPlan(image, part, { sectorDigests: undefined });

  test('are all that will be erased, before anything is programmed', () => {
    expect(new Set(sectorsInProgress(plan, 0))).toEqual(new Set([0, 1, 8]));
  });

  test('are fewer when every flash word of one is in place and the other bank has gone on', () => {
    // The vector's sector comes first but for its first flash word; then sector 8 of the other bank, then 1.
    expect(plan.erases.map(({ number }) => number)).toEqual([0, 8, 1]);
    expect(sectorsInProgress(plan, 2 * WORDS - 1)).toEqual([0, 8, 1]);
    expect(sectorsInProgress(plan, 2 * WORDS + 20)).toEqual([0, 1]);
  });

  test('hold the vector’s to the very end', () => {
    expect(sectorsInProgress(plan, 3 * WORDS)).toContain(0);
  });

  test('count what the stub programs from its copy of the vector’s sector', () => {
    const whole = new Uint8Array(0x2_0000).fill(0xff);
    whole.set(content(1));
    const digests = [crc32(whole), ...Array<number>(15).fill(0)];
    const kept = buildPlan(image, part, { sectorDigests: digests });
    expect(kept.kept?.sector.number).toBe(0);
    expect(sectorsInProgress(kept, 2 * WORDS - 1)).toContain(8);
    expect(sectorsInProgress(kept, 2 * WORDS + 20)).not.toContain(8);
  });

  test('are none when nothing is to be done', () => {
    expect(sectorsInProgress({ ...plan, erases: [], writes: [], vectorWord: undefined }, 0)).toEqual([]);
  });
});
