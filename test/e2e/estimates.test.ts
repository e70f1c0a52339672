/** What --dry-run promises, against what the same job then takes on the same board. */
import { describe, expect, test } from 'vitest';
import { sampleContent } from '../codec/sample-content.js';
import { flashImage } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { imageOf, incompressible, openBoard, runJob } from './virtual-board.js';

const noise = incompressible(0x4_8000, 1);
const firmware = imageOf({ address: 0x0800_0000, bytes: sampleContent(0x4_8000, 2) }, { address: 0x0810_0000, bytes: sampleContent(0x2_8000, 3) });

async function promised(board: string, image: Image): Promise<number> {
  const link = await openBoard(board);
  const report = await flashImage(image, link, { imagePath: image.source, to: 'sim:', dryRun: true, after: 'stay', events: () => undefined });
  await link.close();
  return report.details.ways!.find(({ isChosen }) => isChosen)!.seconds;
}

async function taken(board: string, image: Image): Promise<number> {
  const link = await openBoard(board);
  const { report } = await runJob(image, link, { after: 'stay' });
  await link.close();
  return report.details.seconds!;
}

describe('the estimate of a dry run is within a tenth of what the run takes', () => {
  test.each([
    ['noise', 'baud=9600&rtt=100ms', noise],
    ['noise', 'baud=115200&rtt=1ms', noise],
    ['noise', 'baud=115200&rtt=2000ms', noise],
    ['noise', 'baud=921600&rtt=600ms', noise],
    ['noise', 'baud=921600&rtt=100ms&chip=STM32H723xG', noise],
    ['noise', 'baud=2000000&rtt=2000ms', noise],
    ['noise', 'baud=921600&rtt=2000ms&chip=STM32H723xG', noise],
    ['firmware', 'baud=9600&rtt=600ms', firmware],
    ['firmware', 'baud=115200&rtt=100ms', firmware],
    ['firmware', 'baud=921600&rtt=100ms', firmware],
  ])('%s over %s', async (_, board, image) => {
    const estimate = await promised(board, image);
    const measured = await taken(board, image);
    expect(Math.abs(estimate / measured - 1), `${estimate.toFixed(1)} s promised, ${measured.toFixed(1)} s taken`).toBeLessThan(0.1);
  });

  test('and so is that of the ROM bootloader alone', async () => {
    const image = incompressible(0x4000, 4);
    const board = 'baud=115200&rtt=100ms';
    const link = await openBoard(board);
    const { details } = await flashImage(image, link, { imagePath: '', to: 'sim:', dryRun: true, events: () => undefined });
    await link.close();
    const estimate = details.ways!.find(({ name }) => name.startsWith('ROM'))!.seconds;
    const rom = await openBoard(board);
    const measured = (await runJob(image, rom, { direct: true })).report.details.seconds!;
    await rom.close();
    expect(Math.abs(estimate / measured - 1), `${estimate.toFixed(1)} s promised, ${measured.toFixed(1)} s taken`).toBeLessThan(0.1);
  });
});
