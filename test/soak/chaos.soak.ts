/** Combinations of faults: what can be survived is, everything else ends with the right code, and no flash is ever wrong. */
import { test } from 'vitest';
import { runChaos } from './chaos.js';
import { soak } from './soak.js';

test('chaos', () => soak({ name: 'chaos', cases: 10_000, run: runChaos }));
