/** A rerun after a cut at any flash operation ends with the right image and all that was beside it, and no torn application is ever started. */
import { test } from 'vitest';
import { AMONG_OTHERS_CASES, amongOthersCut, hasRealImage, judge, pulseCut, realCut, SMALL_CASES, smallCut } from './cut-cases.js';
import { cutPower } from './power-cut.js';
import { soak } from './soak.js';

test('power cuts, small image', () =>
  soak({ name: 'power cuts, small image', cases: SMALL_CASES, run: async (seed) => judge(smallCut(seed), await cutPower(smallCut(seed))) }));

test('power cuts, among other bytes', () =>
  soak({ name: 'power cuts, among other bytes', cases: AMONG_OTHERS_CASES, run: async (seed) => judge(amongOthersCut(seed), await cutPower(amongOthersCut(seed))) }));

test('power cuts, the two pulses', () =>
  soak({ name: 'power cuts, the two pulses', cases: 600, run: async (seed) => judge(pulseCut(seed), await cutPower(pulseCut(seed))) }));

if (!hasRealImage) console.warn('SKIPPED: power cuts, real image: ../shared/firmware is not there.');
test.skipIf(!hasRealImage)('power cuts, real image', () =>
  soak({ name: 'power cuts, real image', cases: 2000, run: async (seed) => judge(realCut(seed), await cutPower(realCut(seed))) }));
