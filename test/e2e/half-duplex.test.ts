/** Whole jobs over one pair of wires (RS-485): the stub is told to speak only when asked, and nobody speaks into what the other says. */
import { describe, expect, test } from 'vitest';
import type { FlashOptions } from '../../host/flash-options.js';
import { flashImage } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { sampleContent } from '../codec/sample-content.js';
import { fillFlash, firstDifference, flashedOver, flashOf, imageOf, incompressible, openBoard, runJob, statistics } from './virtual-board.js';

const TWO_WIRES = 'fault=half-duplex&half-duplex=1';
/** In a test of a slow line, longer than one window would take long. */
const SMALL = incompressible(12 * 1024, 61);
const LARGE = incompressible(220 * 1024, 62);

/** What was garbled since the stub runs: before, the ROM bootloader and the loader answer as they do on any line. */
async function flashOver(query: string, image: Image, options: Partial<FlashOptions> = {}) {
  const link = await openBoard(`${query}&${TWO_WIRES}`);
  const before = fillFlash(link, 3, 0x1000);
  const collided = (): number => statistics(link).charactersCollided;
  let collidedBefore = 0;
  const { report } = await runJob(image, link, { ...options, events: (event) => { if (event.type === 'phase' && event.phase === 'survey') collidedBefore = collided(); } });
  expect(report.outcome).toBe('flashed');
  expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
  await link.close();
  return { report, collided: collided() - collidedBefore };
}

describe('a whole job, in which no character is garbled from the stub’s start to its end', () => {
  const lines = [9600, 115_200, 921_600].map((baud) => `baud=${baud}`);
  const rates = [...lines, 'transport=udp', 'transport=udp&baud=9600'].flatMap((line) => ['1ms', '100ms', '2s'].map((rtt) => `${line}&rtt=${rtt}`));

  test.each(rates)('%s', async (query) => {
    expect((await flashOver(query, SMALL)).collided).toBe(0);
  });

  test.each(['chip=STM32H723xG&rtt=100ms', 'chip=STM32H7A3xI&rtt=100ms', 'rtt=2s&baud=921600', 'pins=PB14/PB15&rtt=20ms', 'bootloader=0x90&rtt=20ms'])('of more than one window: %s', async (query) => {
    expect((await flashOver(query, LARGE)).collided).toBe(0);
  });

  test('packed, at another bit rate for the stream', async () => {
    const { report, collided } = await flashOver('rtt=100ms', imageOf({ address: 0x0800_0000, bytes: sampleContent(0x2_8000, 3) }), { streamBaud: 921_600 });
    expect(report.details.streamBytes).toBeLessThan(0x2_4000);
    expect(report.details.seconds).toBeLessThan(12);
    expect(collided).toBe(0);
  });
});

describe('the estimate of a dry run is within a tenth of what the run takes', () => {
  test.each(['baud=9600&rtt=600ms', 'baud=115200&rtt=2s', 'baud=921600&rtt=100ms&chip=STM32H723xG', 'baud=921600&rtt=2s', 'rtt=600ms&transport=udp'])('%s', async (query) => {
    const image = query.includes('9600&') ? SMALL : LARGE;
    const dry = await openBoard(`${query}&${TWO_WIRES}`);
    const { details } = await flashImage(image, dry, { imagePath: '', to: 'sim:', dryRun: true, after: 'stay', events: () => undefined });
    await dry.close();
    const promised = details.ways!.find(({ isChosen }) => isChosen)!.seconds;
    const link = await openBoard(`${query}&${TWO_WIRES}`);
    const taken = (await runJob(image, link, { after: 'stay' })).report.details.seconds!;
    await link.close();
    expect(Math.abs(promised / taken - 1), `${promised.toFixed(1)} s promised, ${taken.toFixed(1)} s taken`).toBeLessThan(0.1);
  });
});

describe('the image is in flash all the same', () => {
  test.each([
    'rtt=100ms&fault=lose=0.02', 'rtt=100ms&fault=flip=0.02&seed=4', 'rtt=600ms&jitter=200ms', 'rtt=100ms&jitter=40ms&buffer=1024&back-pressure=no', 'rtt=100ms&buffer=512&back-pressure=no', 'rtt=100ms&packing-interval=50ms',
    'transport=udp&rtt=100ms&fault=udp-loss=2', 'transport=udp&rtt=100ms&fault=udp-reorder=4', 'rtt=100ms&fault=heartbeat-network=5s', 'rtt=100ms&fault=half-duplex=0us', 'rtt=100ms&fault=half-duplex=30us',
  ])('%s', async (query) => {
    await flashOver(query, SMALL);
  });

  test.each(['rtt=100ms', 'rtt=1s&baud=19200'])('%s: where the converter ends connections on which the board says nothing for three seconds', async (query) => {
    const { report } = await flashOver(`${query}&fault=idle-close=3s`, incompressible(100 * 1024, 63));
    // The first burst is as long as the window; after it, none is.
    expect(report.details.reconnects).toBeLessThanOrEqual(2);
  });
});

test('--direct is question and answer, and needs nothing', async () => {
  const link = await openBoard('rtt=20ms&fault=half-duplex');
  const image = incompressible(1024, 64);
  await runJob(image, link, { direct: true });
  expect(firstDifference(flashOf(link).subarray(0, 1024), image.segments[0]!.bytes)).toBeUndefined();
  expect(statistics(link).charactersCollided).toBe(0);
  await link.close();
});

describe('what cannot be is said in one line, with what to try', () => {
  test('a job without half-duplex=1 on such a line', async () => {
    const link = await openBoard('rtt=100ms&fault=half-duplex');
    await expect(runJob(SMALL, link)).rejects.toMatchObject({
      kind: 'bootloader', message: expect.stringContaining('does not hear while it sends') as string, hint: expect.stringContaining('half-duplex=1') as string,
    });
    await link.close();
  });

  test('a converter that turns around more slowly than the ROM bootloader answers', async () => {
    const link = await openBoard('rtt=100ms&fault=half-duplex=1ms&half-duplex=1');
    await expect(runJob(SMALL, link)).rejects.toMatchObject({ kind: 'bootloader', hint: expect.stringContaining('turn around') as string });
    await link.close();
  });
});
