/** What is packed before the survey is what the survey then asks for, wherever the board is as it was taken to be. */
import { describe, expect, test } from 'vitest';
import { NO_SECTOR_CACHE } from '../../host/cache/sector-cache.js';
import { packerAhead } from '../../host/codec/packer-ahead.js';
import { PACKER } from '../../host/codec/packer.js';
import type { FlashOptions } from '../../host/flash-options.js';
import { flashImage } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { packAhead } from '../../host/job/pack-ahead.js';
import { sampleContent } from '../codec/sample-content.js';
import { firstDifference, flashedOver, flashOf, imageOf, incompressible, openBoard } from '../e2e/virtual-board.js';

const FIRMWARE = imageOf({ address: 0x0800_0000, bytes: sampleContent(0xc000, 1) }, { address: 0x0810_0000, bytes: sampleContent(0x3000, 2) });
const OLDER = imageOf({ address: 0x0800_0000, bytes: sampleContent(0xc000, 1).fill(7, 0x5000, 0x5040) }, FIRMWARE.segments[1]!);

interface Outcome {
  /** `pack` and `diff`, in the order in which they began. */
  readonly begun: readonly string[];
  /** How many of them before there was a board. */
  readonly ahead: number;
  readonly difference: string | undefined;
}

async function job(image: Image, { chip = 'STM32H743xI', held, base, ...options }: Partial<FlashOptions> & { held?: Image; base?: Image } = {}): Promise<Outcome> {
  const begun: string[] = [];
  const packer = packerAhead({
    pack: (...asked) => (begun.push('pack'), PACKER.pack(...asked)),
    diff: (...asked) => (begun.push('diff'), PACKER.diff(...asked)),
  });
  const link = await openBoard(`chip=${chip}`);
  const { flash } = link.world.board.chip;
  if (held !== undefined) flash.load(flashedOver(flash.snapshot(), held, link));
  const before = flash.snapshot();
  const asked: FlashOptions = { imagePath: image.source, to: 'sim:', ...options, events: () => undefined };
  packAhead({ image, ...(base && { base }), cache: NO_SECTOR_CACHE, packer, options: asked });
  const ahead = begun.length;
  await flashImage(image, link, asked, { packer, ...(base && { base }) });
  await link.close();
  return { begun, ahead, difference: firstDifference(flashOf(link), flashedOver(before, image, link)) };
}

describe('packing begins before there is a board', () => {
  test.each(['STM32H743xI', 'STM32H743xG', 'STM32H742xG'])('and what comes of it is sent to a %s', async (chip) => {
    expect(await job(FIRMWARE, { chip })).toEqual({ begun: ['pack'], ahead: 1, difference: undefined });
  });

  test('and the difference to what the user says is held, where the board does hold it', async () => {
    expect(await job(FIRMWARE, { held: OLDER, base: OLDER })).toEqual({ begun: ['diff'], ahead: 1, difference: undefined });
  });

  test('and anew where the board holds some of the image already', async () => {
    expect(await job(FIRMWARE, { held: imageOf(FIRMWARE.segments[1]!) })).toEqual({ begun: ['pack', 'pack'], ahead: 1, difference: undefined });
  });

  test('and anew, without the old, where the board does not hold what the user says', async () => {
    expect(await job(FIRMWARE, { base: OLDER })).toEqual({ begun: ['diff', 'pack'], ahead: 1, difference: undefined });
  });

  test('and anew for a part with other flash words', async () => {
    expect(await job(FIRMWARE, { chip: 'STM32H7A3xI' })).toEqual({ begun: ['pack', 'pack'], ahead: 1, difference: undefined });
  });

  test.each([
    ['noise', incompressible(0x8000), {}],
    ['what is sent as it is', FIRMWARE, { compress: false }],
    ['the ROM bootloader alone', imageOf({ address: 0x0800_0000, bytes: sampleContent(0x1000, 1) }), { direct: true, chip: 'STM32H743xI' }],
  ])('but not for %s', async (_, image, options) => {
    expect(await job(image, options)).toEqual({ begun: [], ahead: 0, difference: undefined });
  });
});
