/** What a touched sector holds beside the image is somebody else's, and stays: by each way to bring the content over, and whatever happens. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { flashImage, type Memory } from '../../host/flash.js';
import type { FlashOptions } from '../../host/flash-options.js';
import type { Image } from '../../host/image/image.js';
import type { SimLink } from '../../host/link/sim-link.js';
import { restJournal } from '../../host/session/rest-journal.js';
import { sampleContent } from '../codec/sample-content.js';
import { firstDifference, flashedAlone, flashedOver, flashOf, garbage, imageOf, openBoard, statistics } from './virtual-board.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-rest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BOARD = 'chip=STM32H743xG&rtt=50ms&baud=921600';
const SECTOR = 0x2_0000;
const FIRST = 0x0800_0000;

async function run(link: SimLink, image: Image, options: Partial<FlashOptions> = {}, memory: Memory = {}) {
  const said: string[] = [];
  const report = await flashImage(image, link, { imagePath: '', to: 'sim:', events: (event) => 'text' in event && said.push(event.text), ...options }, memory);
  return { report, said: said.join('\n'), way: report.details.ways?.find(({ isChosen }) => isChosen)?.name };
}

/** Somebody's data beside the image in two of the sectors that it touches, within it, and in one that it does not touch: what the flash holds then. */
function scatter({ world }: SimLink): Uint8Array {
  const { flash } = world.board.chip;
  const places = [[FIRST, 0x400], [FIRST + SECTOR + 0x8000, 0x2000], [FIRST + 2 * SECTOR - 0x1000, 0x1000], [FIRST + 3 * SECTOR, 0x400], [0x0812_2000, 0x3000]] as const;
  const isFlash = (address: number): boolean => world.board.chip.part.banks.some(({ base }) => address >= base && address < base + 0x8_0000);
  for (const [address, lengthBytes] of places) if (isFlash(address)) flash.poke(address, garbage(lengthBytes, address));
  return flash.snapshot();
}

/** A part of one sector, the whole of another, and some bytes in the other bank that begin and end within a flash word. */
const IMAGE = imageOf({ address: FIRST, bytes: sampleContent(SECTOR + 0x8000, 1) }, { address: 0x0812_3451, bytes: garbage(777, 2) });
const REST_BYTES = 0x2000 + 0x1000 + 0x3000 - 777;
/** Little, in the middle of much that stays. */
const SMALL = imageOf({ address: 0x0812_3451, bytes: garbage(777, 2) });

describe('a flash full of other people’s bytes', () => {
  test.each([
    ['stored', 'STM32H743xG', IMAGE, { compress: false }],
    ['compressed', 'STM32H723xG', imageOf({ address: FIRST + 0x4000, bytes: sampleContent(SECTOR, 1) }), {}],
    ['delta', 'STM32H743xG', SMALL, {}],
    ['delta', 'STM32H7A3xG', SMALL, {}],
    ['stored', 'STM32H7A3xG', IMAGE, { compress: false, full: true }],
  ])('%s, %s: all of them stay but those that the image replaces', async (name, chip, image, options) => {
    const link = await openBoard(`chip=${chip}&rtt=50ms&baud=230400`);
    const before = scatter(link);
    const { report, way } = await run(link, image, { chip, ...options });
    expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
    expect({ outcome: report.outcome, way }).toEqual({ outcome: 'flashed', way: name });
    await link.close();
  });

  test('is told beforehand: how much is fetched, in what time, and what stays', async () => {
    const link = await openBoard(BOARD);
    scatter(link);
    const before = statistics(link);
    const { report, said } = await run(link, IMAGE, { dryRun: true });
    expect(said).toMatch(new RegExp(`${REST_BYTES} bytes are fetched from the board first, in about 0\\.3 s`));
    expect(said).toContain(`${REST_BYTES} bytes of these sectors are not part of the image and stay`);
    expect(report.details.rest).toMatchObject({ keptBytes: REST_BYTES, fetchedBytes: REST_BYTES });
    // At the rate of the line: 11 bits a byte and two of a hundred for frames, and the round trips of question and answer.
    expect(report.details.rest!.fetchSeconds).toBeLessThan((REST_BYTES * 1.025 * 11) / 921_600 + 0.1);
    expect(statistics(link)).toMatchObject({ erases: before.erases, programs: before.programs });
    await link.close();
  });

  test('--erase-rest gives it up', async () => {
    const link = await openBoard(BOARD);
    const before = scatter(link);
    const { report, said } = await run(link, IMAGE, { eraseRest: true });
    expect(firstDifference(flashOf(link), flashedAlone(before, IMAGE, link))).toBeUndefined();
    expect(said).toContain(`${3 * SECTOR - (SECTOR + 0x8000) - 777} bytes of these sectors are not part of the image and will be erased`);
    expect(report.details.rest).toMatchObject({ keptBytes: 0, fetchedBytes: 0 });
    await link.close();
  });

  test('an image that is there already is left alone with all that is around it: nothing is fetched', async () => {
    const link = await openBoard(BOARD);
    link.world.board.chip.flash.load(flashedOver(scatter(link), IMAGE, link));
    const before = statistics(link);
    const { report } = await run(link, IMAGE);
    expect(report).toMatchObject({ outcome: 'unchanged', details: { rest: { fetchedBytes: 0 } } });
    expect(statistics(link)).toMatchObject({ erases: before.erases, programs: before.programs });
    await link.close();
  });

  test('an update of a base that is shorter is a difference all the same', async () => {
    const link = await openBoard(BOARD);
    const old = imageOf({ address: FIRST, bytes: sampleContent(SECTOR + 0x8000, 3) });
    const bytes = sampleContent(SECTOR + 0x8000, 3);
    bytes.set(garbage(100, 9), 0x5000);
    link.world.board.chip.flash.load(flashedOver(scatter(link), old, link));
    const before = flashOf(link);
    const { report, way } = await run(link, imageOf({ address: FIRST, bytes }), {}, { base: old });
    expect(firstDifference(flashOf(link), flashedOver(before, imageOf({ address: FIRST, bytes }), link))).toBeUndefined();
    expect(way).toBe('delta');
    expect(report.details.streamBytes).toBeLessThan(0x2000);
    await link.close();
  });
});

describe('what is blank beside the image', () => {
  test('costs one exchange where the board has to be asked', async () => {
    const link = await openBoard(BOARD);
    const { flash } = link.world.board.chip;
    flash.poke(FIRST, garbage(1024, 3));
    const { report } = await run(link, IMAGE);
    expect(report.details.rest).toMatchObject({ keptBytes: 0, fetchedBytes: 0 });
    await link.close();
  });

  test('is not fetched in between', async () => {
    const link = await openBoard(BOARD);
    const { flash } = link.world.board.chip;
    flash.poke(0x0812_0000, garbage(32, 3));
    flash.poke(0x0813_ffe0, garbage(32, 4));
    const before = flashOf(link);
    const { report } = await run(link, IMAGE);
    expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
    expect(report.details.rest).toMatchObject({ keptBytes: 64, fetchedBytes: 2 * 4096 });
    await link.close();
  });
});

test('what stays on both sides of the border between the banks is fetched as quickly as any', async () => {
  const link = await openBoard('chip=STM32H743xI&rtt=50ms&baud=921600');
  const { flash } = link.world.board.chip;
  flash.poke(0x080f_8000, garbage(0x8000, 1));
  flash.poke(0x0810_0000, garbage(0x8000, 2));
  const before = flashOf(link);
  const image = imageOf({ address: 0x080e_0000, bytes: garbage(300, 3) }, { address: 0x0811_0000, bytes: garbage(300, 4) });
  const { report } = await run(link, image);
  expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
  expect(report.details.rest!.fetchSeconds).toBeLessThan((0x1_0000 * 1.025 * 11) / 921_600 + 0.2);
  await link.close();
});

test('where a reset starts in what stays, that word is what comes last: until then nothing starts', async () => {
  const link = await openBoard(BOARD);
  const { flash } = link.world.board.chip;
  const before = scatter(link);
  const image = imageOf({ address: FIRST + 0x4000, bytes: garbage(500, 1) });
  const order: number[] = [];
  const { onOperation } = flash;
  flash.onOperation = (operation) => {
    order.push(operation.address);
    onOperation?.(operation);
  };
  await run(link, image);
  expect(order.at(-1)).toBe(FIRST);
  expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
});

test('a flash word beside the image that cannot be read is told, and is erased; its neighbours stay', async () => {
  const link = await openBoard(BOARD);
  const { flash } = link.world.board.chip;
  const before = scatter(link);
  flash.flipBit(0x0812_2123, 3);
  flash.flipBit(0x0812_2124, 7);
  const { said } = await run(link, IMAGE);
  expect(said).toContain('0x08122120');
  const expected = flashedOver(before, IMAGE, link);
  expected.fill(0xff, 5 * SECTOR + 0x2120, 5 * SECTOR + 0x2140);
  expect(firstDifference(flashOf(link), expected)).toBeUndefined();
});

describe('the journal', () => {
  const journal = restJournal(join(folder, 'rests'));

  test('is gone when the flash is proven', async () => {
    const link = await openBoard(BOARD);
    scatter(link);
    await run(link, IMAGE, {}, { journal });
    expect(readdirSync(join(folder, 'rests'))).toEqual([]);
    await link.close();
  });

  test('that cannot be written stops the job before anything is erased', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    const link = await openBoard(BOARD);
    const before = scatter(link);
    await expect(run(link, IMAGE, {}, { journal: restJournal(join(folder, 'a-file')) })).rejects.toMatchObject({ kind: 'refused', hint: expect.stringContaining('--erase-rest') as string });
    expect(firstDifference(flashOf(link), before)).toBeUndefined();
    await link.close();
  });
});
