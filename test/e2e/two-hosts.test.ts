/** Two hosts on one board: what one kept in a job that was cut does not come back over what the other has written since. */
import { describe, expect, test } from 'vitest';
import { flashImage, type Memory } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { memoryRestJournal } from './memory-rest-journal.js';
import { memorySessionFile } from './memory-session-file.js';
import { firstDifference, flashedOver, flashOf, garbage, imageOf, openBoard } from './virtual-board.js';

const FIRST = 0x0800_0000;
const SECTOR = 0x2_0000;
/** Programs that leave the end of each sector to somebody's data. */
const imageWith = (seed: number, lengthBytes = 0x1000): Image => imageOf({ address: FIRST, bytes: garbage(lengthBytes, seed) }, { address: FIRST + SECTOR, bytes: garbage(lengthBytes, seed + 1) });
const OURS = imageWith(1);
const THEIRS = imageWith(11);
const DATA_AT = [FIRST + 0x1_0000, FIRST + SECTOR + 0x1_0000];

/** Flash words of somebody's data, in both sectors. */
const dataOf = (seed: number): Image => imageOf(...DATA_AT.map((address) => ({ address, bytes: garbage(640, seed + address) })));
const load = (link: SimLink, image: Image): void => link.world.board.chip.flash.load(flashedOver(flashOf(link), image, link));

interface Host extends Memory {
  readonly said: string[];
}

const newHost = (): Host => ({ file: memorySessionFile(), journal: memoryRestJournal(), said: [] });

const run = (host: Host, image: Image, link: SimLink) =>
  flashImage(image, link, { imagePath: '', to: 'sim:', retryBudgetMs: 0, compress: false, events: (event) => 'text' in event && host.said.push(event.text) }, host);

/** The supply fails in a flash operation, comes back, and BOOT0 is high: the board as the next host finds it. */
async function cut(host: Host, image: Image, operation: number, moment = 'middle'): Promise<SimLink> {
  const link = await openBoard(`chip=STM32H743xG&rtt=20ms&baud=921600&fault=power-cut@flash-op=${operation}:${moment}`);
  load(link, dataOf(1));
  await expect(run(host, image, link)).rejects.toMatchObject({ kind: 'link' });
  return again(link);
}

async function again(link: SimLink): Promise<SimLink> {
  await link.close();
  link.world.board.pressReset();
  link.world.run(link.world.now + 64_000_000);
  return connectSimLink(link.world, link.options);
}

/** In the erase of either sector, in either's content, in what stays of either. */
const OPERATIONS = [[1, 'middle'], [2, 'before'], [2, 'middle'], [2, 'late'], [60, 'middle'], [140, 'middle'], [200, 'late'], [280, 'middle']] as const;

describe.each(OPERATIONS)('a job that was cut in operation %i (%s)', (operation, moment) => {
  test('puts back all that it kept when it is run again', async () => {
    const mine = newHost();
    const link = await cut(mine, OURS, operation, moment);
    await run(mine, OURS, link);
    const wanted = await openBoard('chip=STM32H743xG');
    load(wanted, dataOf(1));
    expect(firstDifference(flashOf(link), flashedOver(flashOf(wanted), OURS, link))).toBeUndefined();
    expect(mine.said.join('\n')).not.toContain('written since');
    await link.close();
  });

  test('leaves what another host and its application have written since', async () => {
    const [mine, other] = [newHost(), newHost()];
    const cutLink = await cut(mine, OURS, operation, moment);
    await run(other, THEIRS, cutLink);
    // Its application keeps a flash word of its own there.
    load(cutLink, imageOf(...DATA_AT.map((address) => ({ address: address + 64, bytes: garbage(32, 99 + address) }))));
    const before = flashOf(cutLink);
    const link = await again(cutLink);
    await run(mine, OURS, link);
    expect(firstDifference(flashOf(link), flashedOver(before, OURS, link))).toBeUndefined();
    expect(mine.said.join('\n')).toContain('has been written since');
    await link.close();
  });
});

test('a smaller image than the one that was cut leaves what another host has put where that one was', async () => {
  const [mine, other] = [newHost(), newHost()];
  const cutLink = await cut(mine, imageWith(1, 0x4000), 700);
  await run(other, imageWith(11, 0x4000), cutLink);
  // What the cut had erased, the other host has found blank; it comes back.
  const wanted = flashedOver(flashedOver(flashOf(cutLink), dataOf(1), cutLink), OURS, cutLink);
  const link = await again(cutLink);
  await run(mine, OURS, link);
  expect(firstDifference(flashOf(link), wanted)).toBeUndefined();
  await link.close();
});
