/** What a touched sector holds beside the image is somebody else's, and stays. */
import { describe, expect, test } from 'vitest';
import { fillFlash, firstDifference, flashedOver, flashOf, garbage, imageOf, openBoard, runJob } from './virtual-board.js';

const BOARD = 'chip=STM32H743xG&rtt=50ms&baud=921600';

describe('a flash full of other people’s bytes', () => {
  test.each([
    ['stored', { compress: false }],
    ['compressed', {}],
  ])('%s: all of them stay but those that the image replaces', async (_, options) => {
    const link = await openBoard(BOARD);
    const before = fillFlash(link, 5);
    const image = imageOf({ address: 0x0800_0000, bytes: garbage(0x3_0000, 1).fill(7, 0x1000, 0x2_8000) }, { address: 0x0812_3450, bytes: garbage(777, 2) });
    const { report } = await runJob(image, link, options);
    expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
    expect(report.details.rest).toMatchObject({ keptBytes: 0x4_0000 - 0x3_0000 + 0x2_0000 - 777 });
    await link.close();
  });
});
