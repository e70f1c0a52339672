import { describe, expect, it } from 'vitest';
import type { DatagramConditions } from '../../../host/board/converter/datagrams.js';
import { DatagramPath, ORDERLY_DATAGRAMS } from '../../../host/board/converter/datagrams.js';
import type { NetworkConditions } from '../../../host/board/converter/transit.js';
import { EventQueue } from '../../../host/board/event-queue.js';
import { Random } from '../../../host/board/random.js';
import { msToTicks, ticksToMs } from '../../../host/board/time.js';

const CLEAN: NetworkConditions = { delayMs: 50, jitterMs: 0, bitsPerSecond: Infinity, lossRate: 0, segmentBytes: 1460 };
const COUNT = 2000;

/** Datagrams 0, 1, 2 …, ten milliseconds apart. @returns their numbers as they arrive, and when the last one did */
function transfer(conditions: Partial<DatagramConditions>, network: Partial<NetworkConditions> = {}, seed = 1): { readonly numbers: number[]; readonly endMs: number } {
  const queue = new EventQueue();
  const numbers: number[] = [];
  let endMs = 0;
  const path = new DatagramPath({ ...CLEAN, ...network }, { ...ORDERLY_DATAGRAMS, ...conditions }, new Random(seed), queue, (bytes, tick) => {
    numbers.push(new DataView(bytes.buffer).getUint16(0));
    endMs = ticksToMs(tick);
  });
  for (let at = 0; at < COUNT; at++) queue.at(msToTicks(at * 10), (tick) => path.send(Uint8Array.of(at >> 8, at & 0xff), tick));
  queue.runDue(Number.MAX_SAFE_INTEGER);
  return { numbers, endMs };
}

const sent = Array.from({ length: COUNT }, (_, at) => at);
const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

describe('datagrams', () => {
  it('arrive whole, once and in order on an orderly network', () => {
    expect(transfer({})).toEqual({ numbers: sent, endMs: (COUNT - 1) * 10 + 50 });
  });

  it('are lost at about the rate that is asked for, and what is lost never comes', () => {
    for (const { numbers } of [transfer({ lossRate: 0.1 }), transfer({}, { lossRate: 0.1 })]) {
      expect(numbers.length).toBeGreaterThan(COUNT * 0.88);
      expect(numbers.length).toBeLessThan(COUNT * 0.92);
      expect(numbers).toEqual(sorted(numbers));
    }
  });

  it('arrive twice at about the rate that is asked for', () => {
    const { numbers } = transfer({ duplicateRate: 0.1 });
    expect(new Set(numbers).size).toBe(COUNT);
    expect(numbers.length).toBeGreaterThan(COUNT * 1.08);
    expect(numbers.length).toBeLessThan(COUNT * 1.12);
  });

  it('arrive out of order, by no more places than the depth, and all of them', () => {
    const { numbers, endMs } = transfer({ reorderDepth: 3 });
    expect(sorted(numbers)).toEqual(sent);
    const displacements = numbers.map((number, place) => place - number);
    expect(Math.max(...displacements)).toBe(3);
    expect(Math.min(...displacements)).toBeLessThan(0);
    expect(displacements.filter((places) => places !== 0).length).toBeGreaterThan(COUNT / 2);
    expect(endMs).toBeLessThanOrEqual((COUNT - 1) * 10 + 50 + 250);
  });

  it('are overtaken by jitter alone', () => {
    const { numbers } = transfer({}, { jitterMs: 40 });
    expect(numbers).not.toEqual(sent);
    expect(sorted(numbers)).toEqual(sent);
  });

  it('are lost, not late, when the network is dead', () => {
    const { numbers } = transfer({}, { outage: { lengthMs: 500, periodMs: 5000 } });
    expect(numbers.length).toBe(COUNT * 0.9);
  });

  it('fare the same from the same seed', () => {
    const bad = { lossRate: 0.1, duplicateRate: 0.1, reorderDepth: 5 };
    expect(transfer(bad, {}, 3)).toEqual(transfer(bad, {}, 3));
    expect(transfer(bad, {}, 3)).not.toEqual(transfer(bad, {}, 4));
  });
});
