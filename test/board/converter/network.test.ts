import { describe, expect, it } from 'vitest';
import type { NetworkConditions } from '../../../host/board/converter/transit.js';
import { NetworkPath } from '../../../host/board/converter/network.js';
import { EventQueue } from '../../../host/board/event-queue.js';
import { Random } from '../../../host/board/random.js';
import { msToTicks, ticksToMs } from '../../../host/board/time.js';

const CLEAN: NetworkConditions = { delayMs: 300, jitterMs: 0, bitsPerSecond: Infinity, lossRate: 0, segmentBytes: 1460 };

interface Arrival {
  readonly bytes: readonly number[];
  readonly atMs: number;
}

function transfer(conditions: NetworkConditions, sends: readonly { readonly bytes: Uint8Array; readonly atMs: number }[], seed = 1): Arrival[] {
  const queue = new EventQueue();
  const arrivals: Arrival[] = [];
  const path = new NetworkPath(conditions, new Random(seed), queue, (bytes, tick) => arrivals.push({ bytes: [...bytes], atMs: ticksToMs(tick) }));
  for (const { bytes, atMs } of sends) queue.at(msToTicks(atMs), (tick) => path.send(bytes, tick));
  queue.runDue(Number.MAX_SAFE_INTEGER);
  return arrivals;
}

const numbered = (count: number): { bytes: Uint8Array; atMs: number }[] =>
  Array.from({ length: count }, (_, at) => ({ bytes: Uint8Array.of(at & 0xff, at >> 8), atMs: at * 10 }));

describe('network path', () => {
  it('delivers a byte after exactly the one-way time when nothing else is wrong', () => {
    expect(transfer(CLEAN, [{ bytes: Uint8Array.of(0x7f), atMs: 5 }])).toEqual([{ bytes: [0x7f], atMs: 305 }]);
  });

  it('keeps every byte and the order under jitter, loss and outages', () => {
    const bad = { ...CLEAN, jitterMs: 200, lossRate: 0.05, outage: { lengthMs: 500, periodMs: 3000 } };
    const arrivals = transfer(bad, numbered(1000), 7);
    expect(arrivals.flatMap(({ bytes }) => bytes)).toEqual(numbered(1000).flatMap(({ bytes }) => [...bytes]));
    expect(arrivals.every(({ atMs }, at) => atMs >= (arrivals[at - 1]?.atMs ?? 0))).toBe(true);
  });

  it('has the round trip of its name as the median under jitter', () => {
    const late = numbered(2001).map((send) => ({ ...send, atMs: send.atMs * 1000 }));
    const delays = transfer({ ...CLEAN, jitterMs: 40 }, late).map(({ atMs }, at) => atMs - (late[at]?.atMs ?? 0)).sort((a, b) => a - b);
    expect(delays[1000]).toBeGreaterThan(297);
    expect(delays[1000]).toBeLessThan(303);
    expect(delays[1900]).toBeGreaterThan(360);
  });

  it('lets no more through than the rate of its bottleneck', () => {
    const arrivals = transfer({ ...CLEAN, bitsPerSecond: 256_000 }, [{ bytes: new Uint8Array(32_000), atMs: 0 }]);
    expect(arrivals.at(-1)?.atMs).toBeCloseTo(300 + 1000, 6);
    expect(arrivals[0]?.atMs).toBeCloseTo(300 + (1460 * 8) / 256, 6);
  });

  it('delivers nothing during an outage', () => {
    const outage = { lengthMs: 500, periodMs: 3000 };
    const arrivals = transfer({ ...CLEAN, outage }, numbered(2000));
    const gaps = arrivals.map(({ atMs }, at) => atMs - (arrivals[at - 1]?.atMs ?? atMs)).filter((gap) => gap >= 490);
    expect(gaps.length).toBeGreaterThanOrEqual(6);
    expect(gaps.length).toBeLessThanOrEqual(7);
  });

  it('lets the first packet after a quiet time wait for a sleeping receiver, and no other', () => {
    const sleep = { afterMs: 100, wakeUpMs: 300 };
    const sends = [1000, 1050, 2000].map((atMs) => ({ bytes: Uint8Array.of(1), atMs }));
    const delays = transfer({ ...CLEAN, delayMs: 10, sleep }, sends).map(({ atMs }, at) => atMs - (sends[at]?.atMs ?? 0));
    for (const at of [0, 2]) expect(delays[at]).toBeGreaterThanOrEqual(110);
    for (const at of [0, 2]) expect(delays[at]).toBeLessThanOrEqual(310);
    expect(delays[1]).toBeCloseTo(Math.max(10, (delays[0] ?? 0) - 50), 6);
  });

  it('is the same again from the same seed and another from another', () => {
    const bad = { ...CLEAN, jitterMs: 100, lossRate: 0.1 };
    expect(transfer(bad, numbered(50), 1)).toEqual(transfer(bad, numbered(50), 1));
    expect(transfer(bad, numbered(50), 1)).not.toEqual(transfer(bad, numbered(50), 2));
  });
});
