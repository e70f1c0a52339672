/** Dual-core parts: the second core's first flash word is withheld like the first one's, so that neither starts a torn application. */
import { describe, expect, test } from 'vitest';
import { flashImage } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { sampleContent } from '../codec/sample-content.js';
import { fillFlash, firstDifference, flashedOver, flashOf, garbage, imageOf, openBoard, runJob } from './virtual-board.js';

const CM7 = 0x0800_0000;
const CM4 = 0x0810_0000;
const DUAL = 'chip=STM32H745xI&rtt=20ms&baud=921600';
const CHIP = { chip: 'STM32H745xI' };
const bothCores = imageOf({ address: CM7, bytes: garbage(200_000, 1) }, { address: CM4, bytes: garbage(300_000, 2) });

/** What the flash does, in order: `erase 0x8000000`. */
function watchFlash({ world }: SimLink): string[] {
  const seen: string[] = [];
  world.board.chip.flash.onOperation = ({ kind, address }) => seen.push(`${kind} 0x${address.toString(16)}`);
  return seen;
}

async function flashed(board: string, image: Image, options = {}) {
  const link = await openBoard(board);
  const before = fillFlash(link, 3, 0x400);
  const seen = watchFlash(link);
  await runJob(image, link, { ...CHIP, ...options });
  expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
  await link.close();
  return seen;
}

describe('an image for both cores', () => {
  test('is erased from both starts on, each before anything else of it, and gets both first words last', async () => {
    const seen = await flashed(DUAL, bothCores);
    expect(seen.filter((operation) => operation.startsWith('erase')).slice(0, 2)).toEqual(['erase 0x8000000', 'erase 0x8100000']);
    expect(seen.slice(0, 2)).toEqual(['erase 0x8000000', 'erase 0x8100000']);
    expect(seen.slice(-2)).toEqual(['program 0x8100000', 'program 0x8000000']);
    expect(seen.filter((operation) => operation === 'program 0x8100000')).toHaveLength(1);
  });

  test('with the second core starting elsewhere withholds the word there', async () => {
    const seen = await flashed(`${DUAL}&boot-cm4-add0=0x0812`, bothCores);
    expect(seen.slice(0, 2)).toEqual(['erase 0x8000000', 'erase 0x8120000']);
    expect(seen.slice(-2)).toEqual(['program 0x8120000', 'program 0x8000000']);
  });

  test('in a new version comes as a difference, in the same order', async () => {
    const old = [sampleContent(0x2_8000, 5), sampleContent(0x3_0000, 6)] as const;
    const next = old.map((bytes, index) => new Uint8Array(Buffer.concat([bytes.subarray(0, 0x900), sampleContent(200, 7 + index), bytes.subarray(0x900, bytes.length - 200)])));
    const [before, after] = [old, next].map(([first, second]) => imageOf({ address: CM7, bytes: first! }, { address: CM4, bytes: second! })) as [Image, Image];
    const link = await openBoard('chip=STM32H745xI&rtt=20ms&baud=115200');
    const flash = flashedOver(flashOf(link), before, link);
    link.world.board.chip.flash.load(flash);
    const seen = watchFlash(link);
    const report = await flashImage(after, link, { imagePath: 'b', to: 'sim:', ...CHIP, events: () => undefined }, { base: before });
    expect(report.details.ways!.find(({ isChosen }) => isChosen)!.name).toBe('delta');
    expect(firstDifference(flashOf(link), flashedOver(flash, after, link))).toBeUndefined();
    expect(seen.slice(-2)).toEqual(['program 0x8100000', 'program 0x8000000']);
    const firstOfSecond = seen.findIndex((operation) => /erase 0x81/.test(operation));
    expect(seen[firstOfSecond]).toBe('erase 0x8100000');
    await link.close();
  });

  test('of which only the first core changes leaves the second core alone', async () => {
    const link = await openBoard(DUAL);
    await runJob(bothCores, link, CHIP);
    await link.close();
    const seen = watchFlash(link);
    const [first, second] = bothCores.segments;
    await runJob(imageOf({ address: CM7, bytes: first!.bytes.map((byte, at) => (at === 5000 ? byte ^ 1 : byte)) }, second!), connectSimLink(link.world, link.options), CHIP);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((operation) => / 0x81/.test(operation))).toEqual([]);
  });
});

test('a job that is cut leaves neither core a start', async () => {
  const link = await openBoard(DUAL);
  fillFlash(link, 3);
  await runJob(bothCores, link, { ...CHIP, eraseRest: true, retryBudgetMs: 0, events: (event) => { if (event.type === 'progress' && event.phase === 'stream' && event.done > 300_000) void link.close(); } }).catch(() => undefined);
  const { flash } = link.world.board.chip;
  for (const address of [CM7, CM4]) expect([...flash.peek(address, 32)]).toEqual(Array<number>(32).fill(0xff));
});

test('a part with one core is flashed as ever: nothing waits for a second start', async () => {
  const link = await openBoard('chip=STM32H743xI&rtt=20ms&baud=921600');
  const seen = watchFlash(link);
  await runJob(bothCores, link);
  expect(seen.at(-1)).toBe('program 0x8000000');
  expect(seen.at(-2)).not.toBe('program 0x8100000');
  await link.close();
});
