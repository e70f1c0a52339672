/** The connection ends at every frame boundary of a small job, and at drawn bytes: the job goes on where it was. */
import { test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { breakConnection, cleanRun, ENDINGS } from './broken-connection.js';
import { soak } from './soak.js';

const DRAWN = 1000;

test('broken connections', async () => {
  const clean = await cleanRun();
  const random = new Random(9);
  const places = [...clean.frames.map((at) => Math.max(1, at)), ...Array.from({ length: DRAWN }, () => 1 + random.below(clean.bytes))];
  await soak({
    name: 'broken connections', cases: places.length * ENDINGS.length,
    run: (seed) => breakConnection(ENDINGS[seed % ENDINGS.length]!, places[Math.floor(seed / ENDINGS.length)]!, clean),
  });
});
