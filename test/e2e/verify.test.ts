/** Success is what the board reads from its flash, and nothing else: flash that changes behind the stub's back fails the job. */
import { describe, expect, test } from 'vitest';
import type { FlashMemory, FlashOperation } from '../../host/board/chip/flash-memory.js';
import { connectSimLink } from '../../host/link/sim-link.js';
import { firstDifference, flashedOver, flashOf, garbage, imageOf, incompressible, openBoard, runJob, statistics } from './virtual-board.js';

const BOARD = 'chip=STM32H743xG&rtt=20ms';
const FIRST = 0x0800_0000;
const VECTOR = FIRST;
const image = incompressible(3000);
const LAST_WORD = FIRST + 32 * Math.floor(2999 / 32);

/** What happens to the flash while the word at `during` is being programmed: everything else has been written by then. */
function harm(flash: FlashMemory, during: number, doIt: () => void): void {
  flash.onOperation = ({ kind, address }: FlashOperation) => {
    if (kind !== 'program' || address !== during) return;
    flash.onOperation = undefined;
    doIt();
  };
}

const HARMS: readonly (readonly [string, (flash: FlashMemory) => void])[] = [
  ['two bits of one flash word turn over, which ECC cannot correct', (flash) => { flash.flipBit(FIRST + 0x123, 3); flash.flipBit(FIRST + 0x124, 7); }],
  ['a flash word holds something else with fitting ECC', (flash) => flash.poke(FIRST + 0x400, new Uint8Array(32).fill(0x5a))],
  ['a flash word beyond the image holds something', (flash) => flash.poke(FIRST + 0x1_0000, new Uint8Array(32).fill(0))],
];

describe.each(HARMS)('%s', (_, doIt) => {
  test('after the last word of data: the vector is never written, and the job fails with exit code 9', async () => {
    const link = await openBoard(BOARD);
    const { flash } = link.world.board.chip;
    harm(flash, LAST_WORD, () => doIt(flash));
    await expect(runJob(image, link)).rejects.toMatchObject({ kind: 'verify', exitCode: 9, message: expect.stringContaining('0x08000000') as string });
    expect(flash.stateAt(VECTOR)).toBe('erased');
  });

  test('while the very last word is written: the job fails with exit code 9', async () => {
    const link = await openBoard(BOARD);
    const { flash } = link.world.board.chip;
    harm(flash, VECTOR, () => doIt(flash));
    await expect(runJob(image, link)).rejects.toMatchObject({ kind: 'verify', exitCode: 9, message: expect.stringContaining('0x08000000') as string });
  });
});

test('of sectors that are proven together, the message names the one that differs', async () => {
  const link = await openBoard(BOARD);
  const { flash } = link.world.board.chip;
  const onto = imageOf({ address: FIRST, bytes: garbage(3000, 1) }, { address: 0x0802_0000, bytes: garbage(3000, 2) });
  harm(flash, VECTOR, () => flash.poke(0x0802_0400, new Uint8Array(32)));
  await expect(runJob(onto, link)).rejects.toMatchObject({ kind: 'verify', message: expect.stringMatching(/sector at 0x08020000 differ/) as string });
});

test('a flash word beside the image that cannot be read is no failure, whatever sectors are proven with it', async () => {
  const link = await openBoard('chip=STM32H743xI&rtt=20ms');
  const { flash } = link.world.board.chip;
  const onto = imageOf({ address: FIRST, bytes: garbage(0x2_0000, 1) }, { address: 0x0802_0000, bytes: garbage(0x1000, 2) }, { address: 0x0804_0000, bytes: garbage(0x2_0000, 3) });
  flash.load(flashedOver(flash.snapshot(), onto, link));
  for (const bit of [1, 2]) flash.flipBit(0x0803_8000, bit);
  expect((await runJob(onto, link)).report.outcome).toBe('unchanged');
});

test('one bit that ECC corrects on every read is no failure', async () => {
  const link = await openBoard(BOARD);
  const { flash } = link.world.board.chip;
  harm(flash, VECTOR, () => flash.flipBit(FIRST + 0x123, 3));
  expect((await runJob(image, link)).report.outcome).toBe('flashed');
});

test('after a failed proof the same command mends the flash, without anybody at the board', async () => {
  const link = await openBoard(BOARD);
  const { flash } = link.world.board.chip;
  const before = flashOf(link);
  harm(flash, VECTOR, () => flash.poke(FIRST + 0x400, new Uint8Array(32)));
  await expect(runJob(image, link)).rejects.toMatchObject({ kind: 'verify' });
  await link.close();
  link.world.run(link.world.now + 64e6);
  const again = connectSimLink(link.world, link.options);
  expect((await runJob(image, again)).report.outcome).toBe('flashed');
  expect(firstDifference(flashOf(again), flashedOver(before, image, again))).toBeUndefined();
});

describe('an image that is in flash already', () => {
  test('is proven and not written: no erase, no program', async () => {
    const link = await openBoard(BOARD);
    await runJob(image, link);
    const { erases, programs } = statistics(link);
    await link.close();
    link.world.run(link.world.now + 64e6);
    const again = connectSimLink(link.world, link.options);
    const startMs = again.now();
    expect((await runJob(image, again)).report.outcome).toBe('unchanged');
    expect(statistics(again)).toMatchObject({ erases, programs });
    // Of these, 2.5 s are the wait for a ROM that is in step already and so does not answer the first 0x7F.
    expect(again.now() - startMs).toBeLessThan(5000);
  });

  test('but for one sector: that and the vector’s are written', async () => {
    const large = incompressible(300_000);
    const link = await openBoard(`${BOARD}&baud=460800`);
    const before = flashOf(link);
    link.world.board.chip.flash.load(flashedOver(before, large, link));
    link.world.board.chip.flash.poke(FIRST + 0x2_4000, new Uint8Array(32));
    const { report } = await runJob(large, link);
    expect(report.details.sectors).toEqual({ touched: 3, written: 2, skipped: 1, erased: 2 });
    expect(statistics(link).erases).toBe(2);
    expect(firstDifference(flashOf(link), flashedOver(before, large, link))).toBeUndefined();
  });

  test('is written all the same with --full', async () => {
    const link = await openBoard(BOARD);
    link.world.board.chip.flash.load(flashedOver(flashOf(link), image, link));
    expect((await runJob(image, link, { full: true })).report.outcome).toBe('flashed');
    expect(statistics(link).erases).toBe(1);
  });
});
