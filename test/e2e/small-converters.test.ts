/** Converters with little room and without flow control: what does not fit is lost. */
import { describe, expect, test } from 'vitest';
import { fillFlash, firstDifference, flashedOver, flashOf, incompressible, openBoard, runJob } from './virtual-board.js';

const IMAGE = incompressible(96 * 1024, 51);

async function flashThrough(converter: string) {
  const link = await openBoard(`${converter}&back-pressure=no`);
  const before = fillFlash(link, 3);
  const startMs = link.now();
  const { report } = await runJob(IMAGE, link);
  expect(report.outcome).toBe('flashed');
  expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
  const { overflowedBytes } = link.world.converter;
  await link.close();
  return { overflowedBytes, seconds: (link.now() - startMs) / 1000 };
}

describe('a converter without flow control', () => {
  test.each(['rtt=100ms&buffer=512', 'rtt=2s&buffer=512', 'rtt=100ms&jitter=300us&buffer=512', 'rtt=100ms&buffer=512&baud=460800'])('%s loses nothing', async (converter) => {
    expect((await flashThrough(converter)).overflowedBytes).toBe(0);
  });

  const wireSeconds = (IMAGE.segments[0]!.bytes.length * 11) / 115_200;

  test.each([
    ['rtt=100ms&buffer=200', 4],
    ['rtt=100ms&jitter=10ms&buffer=512', 6],
    ['rtt=300ms&jitter=60ms&buffer=512', 25],
  ])('%s makes the host send less at once, and more slowly; the image is in flash all the same', async (converter, times) => {
    const { seconds } = await flashThrough(converter);
    expect(seconds).toBeLessThan(times * wireSeconds);
  });
});

test('over a network of much jitter a converter with room enough is kept busy', async () => {
  const link = await openBoard('rtt=100ms&jitter=40ms');
  const startMs = link.now();
  await runJob(incompressible(512 * 1024, 52), link);
  expect((link.now() - startMs) / 1000).toBeLessThan(1.2 * ((512 * 1024 * 11) / 115_200) + 5);
  await link.close();
});
