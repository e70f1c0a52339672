import { expect, test } from 'vitest';
import { demoImage, runDemo } from '../../host/demo/run-demo.js';
import { imageLengthBytes } from '../../host/image/image.js';
import type { JobEvent } from '../../host/events.js';

test('the demo flashes its application, boots it, hears its banner over the wire and measures AN3155 alone', async () => {
  const events: JobEvent[] = [];
  const outcome = await runDemo({ rttMs: 300, speed: 1e6, events: (event) => events.push(event) });
  expect(outcome.report.details.application).toMatchObject({ expected: 'self-check passed', isHeard: true });
  expect(outcome.banner.split('\n')).toEqual([
    'stage-flash demo application',
    'bank 1: 32768 primes right; bank 2: 65536 Collatz counts right',
    'self-check passed',
  ]);
  expect(outcome.report).toMatchObject({ outcome: 'flashed', details: { sectors: { written: 3, touched: 3 } } });
  expect(events.some((event) => event.type === 'progress')).toBe(true);
  // Six round trips for each of more than a thousand blocks, against a dozen and the bits on the wire.
  expect(outcome.romAloneMs).toBeGreaterThan(30 * outcome.sessionMs);
});

test('the demo application is at least 256 KiB and lies in both banks', () => {
  const image = demoImage();
  expect(imageLengthBytes(image)).toBeGreaterThanOrEqual(256 * 1024);
  expect(image.segments.map((segment) => segment.address)).toEqual([0x08000000, 0x08100000]);
});
