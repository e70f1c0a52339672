import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { RoundTrip } from '../../host/link/round-trip.js';

function observed(...samplesMs: number[]): RoundTrip {
  const roundTrip = new RoundTrip();
  for (const sampleMs of samplesMs) roundTrip.observe(sampleMs);
  return roundTrip;
}

describe('RFC 6298 §2', () => {
  test('the first sample sets the mean, and half of it the variation', () => {
    expect(observed(600)).toMatchObject({ smoothedMs: 600, variationMs: 300, minMs: 600, count: 1 });
  });

  test('later samples weigh 1/8 and 1/4', () => {
    expect(observed(600, 1400)).toMatchObject({ smoothedMs: 700, variationMs: 425, minMs: 600, count: 2 });
  });

  test('a negative sample, from wire time estimated too long, counts as zero', () => {
    expect(observed(-3)).toMatchObject({ smoothedMs: 0, minMs: 0 });
  });
});

test('time for work and wire is added to the wait', () => {
  expect(observed(600).timeoutMs(25)).toBe(600 + 4 * 300 + 25);
  expect(observed(600).patienceMs(25)).toBe(3 * 600 + 1000 + 25);
});

test.each([1, 2, 3, 4, 5])('seed %i: on a link of 8 s ± 4 s no answer in ten thousand is given up', (seed) => {
  const random = new Random(seed);
  const roundTrip = new RoundTrip();
  roundTrip.observe(4000 + 8000 * random.fraction());
  for (let answer = 0; answer < 10_000; answer++) {
    const sampleMs = 4000 + 8000 * random.fraction();
    expect(sampleMs).toBeLessThan(roundTrip.patienceMs(0));
    roundTrip.observe(sampleMs);
  }
});

test('on a calm link the wait for an absent answer comes down to little more than a round trip', () => {
  expect(observed(...Array.from({ length: 30 }, () => 600)).timeoutMs(0)).toBe(650);
});
