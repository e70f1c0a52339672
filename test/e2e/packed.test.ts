/** Packed streams, unpacked by the stub's own machine code; what matches is kept, and nothing of it is sent. */
import { describe, expect, test } from 'vitest';
import { sampleContent } from '../codec/sample-content.js';
import { fillFlash, firstDifference, flashedAlone, flashOf, imageOf, incompressible, openBoard, runJob, statistics } from './virtual-board.js';

const bothBanks = imageOf(
  { address: 0x0800_0000, bytes: sampleContent(0x2_8000, 1) },
  { address: 0x0810_0000, bytes: sampleContent(0x9000, 2) },
);
const inBank1 = imageOf({ address: 0x0800_0000, bytes: sampleContent(0x2_8000, 3) });

describe('an image that can be packed', () => {
  test.each([
    ['chip=STM32H743xI', bothBanks],
    ['chip=STM32H743xI&baud=460800', bothBanks],
    ['chip=STM32H742xG&rtt=600ms', bothBanks],
    ['chip=STM32H723xG', inBank1],
    ['chip=STM32H7A3xI&baud=38400', bothBanks],
    ['chip=STM32H743xI&fault=lose=0.02', inBank1],
  ])('%s: is in flash afterwards, and took fewer bytes than it has', async (board, image) => {
    const link = await openBoard(board);
    const before = fillFlash(link, 7);
    const { report } = await runJob(image, link, { eraseRest: true });
    expect(report.outcome).toBe('flashed');
    expect(firstDifference(flashOf(link), flashedAlone(before, image, link))).toBeUndefined();
    const imageBytes = image.segments.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(report.details.streamBytes).toBeLessThan(0.8 * imageBytes);
    await link.close();
  });

  test('is sent as it is when the user says so', async () => {
    const link = await openBoard('chip=STM32H743xI');
    const { report } = await runJob(inBank1, link, { compress: false });
    expect(report.details.streamBytes).toBeGreaterThan(0.85 * 0x2_8000);
    await link.close();
  });
});

test('noise is sent as it is', async () => {
  const link = await openBoard('chip=STM32H743xI');
  const { report } = await runJob(incompressible(0x8000), link);
  expect(report.details.streamBytes).toBeLessThan(0x8000 + 256);
  await link.close();
});

describe('when only the second sector differs', () => {
  const image = incompressible(0x2_8000, 4);

  test.each(['STM32H743xI', 'STM32H7A3xI'])('%s: the vector’s sector is erased and comes back from RAM', async (chip) => {
    const link = await openBoard(`chip=${chip}`);
    await runJob(image, link);
    const wanted = flashOf(link);
    const changed = wanted.slice();
    changed[0x2_1000]! ^= 1;
    link.world.board.chip.flash.load(changed);
    const before = statistics(link);
    const { report } = await runJob(image, link);
    expect(report.details.sectors?.written).toBe(2);
    expect(firstDifference(flashOf(link), wanted)).toBeUndefined();
    expect(statistics(link).bytesToBoard - before.bytesToBoard).toBeLessThan(0x8000 + 0x3000);
    await link.close();
  });

  test('a part without RAM to keep it in gets it anew', async () => {
    const link = await openBoard('chip=STM32H723xG');
    await runJob(image, link);
    const wanted = flashOf(link);
    const changed = wanted.slice();
    changed[0x2_1000]! ^= 1;
    link.world.board.chip.flash.load(changed);
    await runJob(image, link);
    expect(firstDifference(flashOf(link), wanted)).toBeUndefined();
    await link.close();
  });
});
