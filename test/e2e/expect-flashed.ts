/** One whole job over somebody else's content, looked at from the flash array alone. */
import { expect } from 'vitest';
import { fillFlash, firstDifference, flashedOver, flashOf, incompressible, openBoard, runJob, statistics } from './virtual-board.js';

/** Of each sector: a little more than the image, so that some of it has to stay. */
const OTHERS_BYTES = 0x2000;

export interface JobShape {
  readonly seed?: number;
  readonly address?: number;
  readonly lengthBytes?: number;
}

/** @param query board options of a board on which nothing gets lost */
export async function expectFlashed(query: string, { seed = 1, address, lengthBytes = 5000 }: JobShape = {}): Promise<void> {
  const link = await openBoard(query);
  const before = fillFlash(link, seed + 100, OTHERS_BYTES);
  const image = incompressible(lengthBytes, seed, address);
  const { report } = await runJob(image, link);
  expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
  expect(report.outcome).toBe('flashed');
  expect(report.details).toMatchObject({ discardedBytes: 0, repeatedBytes: 0, repeatedRequests: 0 });
  expect(statistics(link)).toMatchObject({ bytesLostInConverter: 0, charactersLostInRom: 0 });
  await link.close();
}
