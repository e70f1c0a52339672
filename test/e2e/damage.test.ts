/** Bytes that change or get lost on the line are repaired; bytes that belong to nobody are discarded and counted. */
import { describe, expect, test } from 'vitest';
import { fillFlash, firstDifference, flashedOver, flashOf, incompressible, openBoard, runJob } from './virtual-board.js';
import type { ReportDetails } from '../../host/flash-options.js';

const BOARD = 'chip=STM32H743xG&rtt=100ms';

async function flashThrough(query: string, seed: number, lengthBytes = 8000): Promise<ReportDetails> {
  const link = await openBoard(`${BOARD}&${query}&seed=${seed}`);
  const before = fillFlash(link, seed + 100, 0x2000);
  const image = incompressible(lengthBytes, seed);
  const { report } = await runJob(image, link);
  expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
  return report.details;
}

describe('repaired:', () => {
  test.each([
    ['one flipped bit in 5000 bytes', 'fault=flip=0.02', [1, 2]],
    ['one flipped bit in 500 bytes', 'fault=flip=0.2', [4]],
    ['one lost byte in 5000', 'fault=lose=0.02', [1, 2]],
    ['one lost byte in 500', 'fault=lose=0.2', [4]],
    ['flips and losses on a satellite link', 'fault=flip=0.03&fault=lose=0.03&profile=geo-vsat', [5]],
    ['a Wi-Fi bridge that loses bytes', 'profile=wifi-esp', [6]],
    ['a converter of 1 KiB behind a link that bunches', 'buffer=1024&back-pressure=no&rtt=300ms&jitter=300ms', [1]],
  ])('%s', async (_, query, seeds) => {
    let repeatedBytes = 0;
    for (const seed of seeds) repeatedBytes += (await flashThrough(query, seed)).repeatedBytes ?? 0;
    expect(repeatedBytes).toBeGreaterThan(0);
  });
});

describe('discarded:', () => {
  test.each([
    ['a banner of the converter', 'fault=banner', 60],
    ['an identity text before every packet', 'fault=prefix', 200],
    ['heartbeats to the host', 'fault=heartbeat-network=500ms', 40],
  ])('%s', async (_, query, atLeastBytes) => {
    const details = await flashThrough(query, 1);
    expect(details.discardedBytes).toBeGreaterThan(atLeastBytes);
    expect(details.repeatedBytes).toBe(0);
  });

  test.each([
    ['heartbeats to the board', 'fault=heartbeat-line=1300ms'],
    ['somebody else’s Modbus requests', 'fault=second-client=1300ms'],
  ])('%s', async (_, query) => {
    await flashThrough(query, 1);
  });
});

describe('passed without harm:', () => {
  test('a converter that obeys 55 AA 55, in an image full of it', async () => {
    const link = await openBoard(`${BOARD}&fault=sync-pattern`);
    const before = fillFlash(link, 101, 0x2000);
    const image = incompressible(6000);
    for (let at = 0; at + 8 <= 6000; at += 40) image.segments[0]!.bytes.set([0x55, 0xaa, 0x55, 0x00, 0x25, 0x80, 0x03, 0xa8], at);
    await runJob(image, link);
    expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
  });
});
