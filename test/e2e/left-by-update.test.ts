/** What a cut update leaves in the journals is forgotten where it had not begun: there the flash is right, and changes from then on. */
import { beforeEach, describe, expect, test } from 'vitest';
import { flashImage } from '../../host/flash.js';
import type { FlashOptions } from '../../host/flash-options.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { sampleContent } from '../codec/sample-content.js';
import { memoryRestJournal } from './memory-rest-journal.js';
import { memorySessionFile } from './memory-session-file.js';
import { flashedOver, flashOf, garbage, imageOf, openBoard } from './virtual-board.js';

const SECTOR_BYTES = 0x2_0000;
const FLASH = 0x0800_0000;
const SECTORS = [0, 1, 2, 3, 4, 5, 6, 7];
const SETTINGS = { address: 0x0801_0000 + 7 * SECTOR_BYTES, bytes: garbage(0x1000, 77) };

const spread = (sectors: readonly number[], content: (sector: number) => Uint8Array) => imageOf(...sectors.map((sector) => ({ address: FLASH + sector * SECTOR_BYTES, bytes: content(sector) })));
const before = (sector: number): Uint8Array => sampleContent(0x2000, sector + 1);
const oldImage = spread(SECTORS, before);
const newImage = spread(SECTORS, (sector) => {
  const bytes = before(sector);
  bytes.set(garbage(300, sector), 0x800);
  return bytes;
});

describe('after an update that was cut in its first sectors, and another image that ended well', () => {
  let link: SimLink;
  const [file, journal] = [memorySessionFile(), memoryRestJournal()];
  const run = (image: typeof oldImage, options: Partial<FlashOptions> = {}) =>
    flashImage(image, link, { imagePath: '', to: 'sim:', chip: 'STM32H743xI', retryBudgetMs: 0, events: () => undefined, ...options }, { base: oldImage, file, journal });
  const restart = async (): Promise<void> => {
    await link.close();
    link.world.board.pressReset();
    link.world.run(link.world.now + 64_000_000);
    link = connectSimLink(link.world, link.options);
  };

  beforeEach(async () => {
    link = await openBoard('rtt=20ms&fault=power-cut@flash-op=200:middle');
    link.world.board.chip.flash.load(flashedOver(flashOf(link), oldImage, link));
    link.world.board.chip.flash.poke(SETTINGS.address, SETTINGS.bytes);
    await expect(run(newImage)).rejects.toMatchObject({ kind: 'link' });
    expect(file.load()!.inProgress).not.toContain(7);
    await restart();
    await run(spread(SECTORS.slice(0, 4), before));
    await restart();
  });

  test('what an application has cleared since does not come back', async () => {
    const cleared = flashOf(link);
    cleared.fill(0xff, SETTINGS.address - FLASH, SETTINGS.address - FLASH + SETTINGS.bytes.length);
    link.world.board.chip.flash.load(cleared);
    await run(newImage);
    expect(flashOf(link).subarray(SETTINGS.address - FLASH, SETTINGS.address - FLASH + SETTINGS.bytes.length).every((byte) => byte === 0xff)).toBe(true);
  });

  test('sectors that hold the image are not written again', async () => {
    expect(await run(oldImage, { compress: false })).toMatchObject({ outcome: 'unchanged' });
  });
});
