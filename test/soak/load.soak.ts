/** Two hundred converters with boards in one process, all at work at once: all finish, and each takes a bounded share of memory. */
import { expect, test } from 'vitest';
import { LINK_PROFILES } from '../../host/board/link-profiles.js';
import { firstDifference, flashedOver, flashOf, incompressible, openBoard, runJob } from '../e2e/virtual-board.js';

const SESSIONS = 200;
/** Its own flash of 1 MiB and RAM, code that was translated for it, buffers. */
const MOST_BYTES_PER_SESSION = 16 * 2 ** 20;
const PROFILES = Object.entries(LINK_PROFILES).filter(([, { options }]) => options.outage === undefined && options.fault === undefined).map(([name]) => name);

test('load', async () => {
  const memory = (): number => process.memoryUsage().rss;
  const beforeBytes = memory();
  const startedMs = performance.now();
  let peakBytes = 0;
  let sentBytes = 0;
  const sessions = Array.from({ length: SESSIONS }, async (_, number) => {
    const link = await openBoard(`chip=STM32H743xG&profile=${PROFILES[number % PROFILES.length]}&seed=${number}`);
    const image = incompressible(8000, number);
    const expected = flashedOver(flashOf(link), image, link);
    await runJob(image, link, { events: () => (peakBytes = Math.max(peakBytes, memory())), after: 'stay' });
    sentBytes += image.segments[0]!.bytes.length;
    return firstDifference(flashOf(link), expected);
  });
  const wrong = (await Promise.all(sessions)).filter((difference) => difference !== undefined);
  const perSessionBytes = (peakBytes - beforeBytes) / SESSIONS;
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`load: ${SESSIONS} sessions, ${(perSessionBytes / 2 ** 20).toFixed(1)} MiB each, ${(seconds / SESSIONS).toFixed(2)} s each, ${(seconds / (sentBytes / 1e6)).toFixed(1)} s per MB, boards included`);
  expect(wrong).toEqual([]);
  expect(perSessionBytes).toBeLessThan(MOST_BYTES_PER_SESSION);
});
