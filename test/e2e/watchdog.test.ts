/** --kick: a board with a watchdog beside the chip, which nobody but the stub feeds. */
import { describe, expect, test } from 'vitest';
import { msToTicks, ticksToMs } from '../../host/board/time.js';
import type { SimLink } from '../../host/link/sim-link.js';
import { flashImage } from '../../host/flash.js';
import { sampleContent } from '../codec/sample-content.js';
import { fillFlash, firstDifference, flashedOver, flashOf, imageOf, incompressible, openBoard, runJob } from './virtual-board.js';

const KICK = { pin: 'PB7', periodMs: 200 };
const watchdogResets = ({ world }: SimLink): number => world.boardEvents.filter(({ kind }) => kind === 'watchdog').length;

/** Edges on a pin since the stub began, as milliseconds between them. */
function watchEdges({ world: { board } }: SimLink, pin: string): number[] {
  const gapsMs: number[] = [];
  let lastTick: number | undefined;
  const { onEdge } = board.chip;
  board.chip.onEdge = (edge, tick) => {
    if (edge === pin && lastTick !== undefined) gapsMs.push(ticksToMs(tick - lastTick));
    if (edge === pin) lastTick = tick;
    onEdge(edge, tick);
  };
  return gapsMs;
}

describe('a board with a watchdog beside the chip', () => {
  test('that nobody kicks is reset again and again, and the job names what it may be', async () => {
    const link = await openBoard('watchdog=PB7@3s&rtt=20ms');
    await expect(runJob(incompressible(64 * 1024), link)).rejects.toMatchObject({ kind: 'link', hint: expect.stringContaining('--kick') as string });
    expect(watchdogResets(link)).toBeGreaterThan(0);
    await link.close();
  });

  test.each([
    ['STM32H743xI', 'maximum erase times', 'chip=STM32H743xI&flash-timing=maximum'],
    ['STM32H723xG', 'one bank', 'chip=STM32H723xG'],
    ['STM32H7A3xI', 'sectors of 8 KiB', 'chip=STM32H7A3xI'],
  ])('is left alone by it while the stub kicks: %s, %s', async (_, __, board) => {
    const link = await openBoard(`${board}&watchdog=PB7@3s&rtt=20ms&baud=921600`);
    const before = fillFlash(link, 7, 0x800);
    const image = incompressible(300 * 1024, 4);
    const gapsMs = watchEdges(link, 'PB7');
    const resetsAtLeaving: number[] = [];
    await runJob(image, link, { kick: KICK, events: (event) => { if (event.type === 'phase' && event.phase === 'reset') resetsAtLeaving.push(watchdogResets(link)); } });
    expect(resetsAtLeaving).toEqual([0]);
    expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
    // A digest or a copy of a whole sector must not keep the pin still.
    expect(Math.max(...gapsMs)).toBeLessThan(KICK.periodMs + 5);
    expect(Math.min(...gapsMs)).toBeGreaterThan(KICK.periodMs - 5);
    await link.close();
  });

  test('is kicked as evenly while the stub unpacks, copies sectors to RAM and hears nothing for a while', async () => {
    const link = await openBoard('watchdog=PB7@20s&rtt=300ms&baud=9600&fault=silence=9000');
    const gapsMs = watchEdges(link, 'PB7');
    const old = sampleContent(0xc000, 21);
    const next = imageOf({ address: 0x0800_0000, bytes: Uint8Array.of(...old.subarray(0, 0x1000), ...sampleContent(300, 9), ...old.subarray(0x1000)) });
    const before = flashOf(link);
    before.set(old);
    link.world.board.chip.flash.load(before);
    const report = await flashImage(next, link, { imagePath: 'b', to: 'sim:', kick: { pin: 'PB7', periodMs: 10 }, events: () => undefined }, { base: imageOf({ address: 0x0800_0000, bytes: old }) });
    expect(report.details.ways!.find(({ isChosen }) => isChosen)!.name).toBe('delta');
    expect(Math.max(...gapsMs)).toBeLessThan(14);
    expect(gapsMs.length).toBeGreaterThan(150);
    await link.close();
  });

  test('another pin, on a port that nothing else uses, is kicked the same, and no pin without --kick', async () => {
    const link = await openBoard('watchdog=PG13@3s&rtt=20ms');
    const gapsMs = watchEdges(link, 'PG13');
    await runJob(incompressible(4096), link, { kick: { pin: 'PG13', periodMs: 500 } });
    expect(gapsMs.length).toBeGreaterThan(0);
    await link.close();
    const unkicked = await openBoard('rtt=20ms');
    let edges = 0;
    unkicked.world.board.chip.onEdge = () => edges++;
    await runJob(incompressible(4096), unkicked);
    expect(edges).toBe(0);
    await unkicked.close();
  });

  test('a pin that the line may be on is refused, and nothing is erased', async () => {
    const link = await openBoard('rtt=20ms');
    const before = fillFlash(link, 1);
    await expect(runJob(incompressible(4096), link, { kick: { pin: 'PA9', periodMs: 500 } })).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('PA9') as string });
    expect(firstDifference(flashOf(link), before)).toBeUndefined();
    await link.close();
  });
});

test('a watchdog counts from each reset, and from each edge', async () => {
  const link = await openBoard('watchdog=PB7@2s');
  link.world.run(msToTicks(10_000));
  const atMs = link.world.boardEvents.filter(({ kind }) => kind === 'watchdog').map(({ tick }) => Math.round(ticksToMs(tick)));
  expect(atMs).toEqual([2000, 4000, 6000, 8000, 10_000]);
  await link.close();
});
