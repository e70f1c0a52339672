/** Where the application is the only way into the ROM bootloader, a job that is cut loses the board: it wants somebody's word. */
import { describe, expect, test } from 'vitest';
import type { SimLink } from '../../host/link/sim-link.js';
import { firstDifference, flashedOver, flashOf, fillFlash, incompressible, openBoard, runJob, statistics } from './virtual-board.js';

const IMAGE = incompressible(3000);
const yes = (): Promise<boolean> => Promise.resolve(true);

/** Somebody's application jumped into the ROM bootloader: the option bytes lead nowhere else than to it. */
async function boardWithoutBootPin(): Promise<SimLink> {
  const link = await openBoard('chip=STM32H743xG&rtt=20ms&tolerate=all');
  Object.assign(link.world.board.chip.optionBytes, { bootAdd0: 0x0800, bootAdd1: 0x0800 });
  return link;
}

describe('a board whose option bytes never lead into the ROM bootloader', () => {
  test('is not touched without consent, and the message says what to do', async () => {
    const link = await boardWithoutBootPin();
    const before = fillFlash(link, 4, 0x2000);
    await expect(runJob(IMAGE, link)).rejects.toMatchObject({ kind: 'refused', exitCode: 4, message: expect.stringContaining('only way') as string, hint: expect.stringContaining('--yes') as string });
    expect(firstDifference(flashOf(link), before)).toBeUndefined();
    expect(statistics(link)).toMatchObject({ erases: 0, programs: 0 });
  });

  test('is not touched when the answer is no', async () => {
    const link = await boardWithoutBootPin();
    await expect(runJob(IMAGE, link, { consent: () => Promise.resolve(false) })).rejects.toMatchObject({ kind: 'refused' });
    expect(statistics(link).erases).toBe(0);
  });

  test('is flashed with consent, and the warning has said what a cut would mean', async () => {
    const link = await boardWithoutBootPin();
    const before = fillFlash(link, 4, 0x2000);
    const { events } = await runJob(IMAGE, link, { consent: yes });
    expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', text: expect.stringContaining('only a debug probe') as string }));
  });

  test('is looked at by --dry-run without a question', async () => {
    const { report } = await runJob(IMAGE, await boardWithoutBootPin(), { dryRun: true });
    expect(report.outcome).toBe('planned');
  });

  test('needs no consent for an image that is in flash already', async () => {
    const link = await boardWithoutBootPin();
    link.world.board.chip.flash.load(flashedOver(flashOf(link), IMAGE, link));
    expect((await runJob(IMAGE, link)).report.outcome).toBe('unchanged');
  });
});

test('a board whose application was asked to enter the bootloader is not touched without consent', async () => {
  const link = await openBoard('chip=STM32H743xG&rtt=20ms');
  const send = link.send.bind(link);
  let isFirst = true;
  // The virtual board has no application that understands it.
  link.send = (bytes) => (isFirst ? ((isFirst = false), Promise.resolve()) : send(bytes));
  await expect(runJob(IMAGE, link, { enter: { send: Uint8Array.of(1) } })).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('only way') as string });
  expect(statistics(link).erases).toBe(0);
});

test('a board with a BOOT0 that leads into the ROM bootloader asks nobody', async () => {
  const link = await openBoard('chip=STM32H743xG&rtt=20ms');
  const { events } = await runJob(IMAGE, link, { consent: () => Promise.reject(new Error('asked')) });
  expect(events).toContainEqual(expect.objectContaining({ type: 'note', text: expect.stringContaining('a reset with BOOT0 high leads into the ROM') as string }));
});
