/** One master: a second host is refused by name, unless it says --takeover; then the first one is told, and nothing of theirs is mixed. */
import { describe, expect, test } from 'vitest';
import type { FlashOptions } from '../../host/flash-options.js';
import { flashImage } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { memoryRestJournal } from './memory-rest-journal.js';
import { memorySessionFile } from './memory-session-file.js';
import { fillFlash, firstDifference, flashedOver, flashOf, incompressible, openBoard, runJob, statistics } from './virtual-board.js';

const FIRST = incompressible(200 * 1024, 41);
const SECOND = incompressible(150 * 1024, 42);

/** Begins a job whose process ends without a word after so many bytes of the stream were executed. */
async function beginAndVanish(link: SimLink, image: Image, afterBytes: number): Promise<SimLink> {
  await expect(runJob(image, link, {
    retryBudgetMs: 0, events: (event) => { if (event.type === 'progress' && event.phase === 'stream' && event.done >= afterBytes) void link.close(); },
  })).rejects.toMatchObject({ kind: 'link' });
  return connectSimLink(link.world, link.options);
}

/** What the first host has erased beside it, that one has kept for its next run. */
const isThere = ({ world }: SimLink, { segments }: Image): boolean => segments.every(({ address, bytes }) => Buffer.compare(world.board.chip.flash.peek(address, bytes.length), bytes) === 0);
const holds = (link: SimLink, before: Uint8Array, image: Image): void => expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();

describe('a board whose stub works for a host that is gone', () => {
  test('is refused to another host, by name, and nothing of it changes', async () => {
    const begun = await openBoard('rtt=100ms');
    fillFlash(begun, 3);
    const link = await beginAndVanish(begun, FIRST, 60_000);
    await expect(runJob(SECOND, link)).rejects.toMatchObject({ message: expect.stringContaining('a stage-flash stub works on this board, for somebody else') as string, hint: expect.stringContaining('--takeover') as string });
    expect(statistics(link).boots.go).toBe(1);
    await link.close();
  });

  test.each(['rtt=100ms', 'rtt=600ms&chip=STM32H723xG', 'rtt=2s&chip=STM32H7A3xI', 'transport=udp&rtt=100ms', 'rtt=100ms&fault=lose=0.005'])('%s: begins anew for one that takes it over, without a reset', async (board) => {
    const begun = await openBoard(board);
    fillFlash(begun, 3, 0x1000);
    const link = await beginAndVanish(begun, FIRST, 60_000);
    const { report } = await runJob(SECOND, link, { takeover: true, after: 'stay' });
    expect(report.outcome).toBe('flashed');
    expect(statistics(link).boots).toEqual({ ...statistics(link).boots, go: 1 });
    expect(isThere(link, SECOND)).toBe(true);
    await link.close();
  });

  test('that it took over by an error of the flash begins anew as well', async () => {
    // So much is under way that the stub meets the error when nobody listens any more.
    const begun = await openBoard('rtt=600ms&baud=460800');
    const said: string[] = [];
    const before = fillFlash(begun, 3);
    const { flash } = begun.world.board.chip;
    flash.onOperation = ({ kind, address }) => {
      if (kind === 'program' && address === 0x0800_4000) flash.poke(0x0800_4020, new Uint8Array(32).fill(0x5a));
    };
    const [file, journal] = [memorySessionFile(), memoryRestJournal()];
    const run = (link: SimLink, options: Partial<FlashOptions> = {}) => flashImage(SECOND, link, { imagePath: '', to: 'sim:', events: (event) => 'text' in event && said.push(event.text), ...options }, { file, journal });
    await expect(run(begun, { retryBudgetMs: 0, events: (event) => { if (event.type === 'progress' && event.phase === 'stream' && event.done > 0) void begun.close(); } })).rejects.toMatchObject({ kind: 'link' });
    begun.world.run(begun.world.now + 10 * 64_000_000);
    flash.onOperation = undefined;
    const link = connectSimLink(begun.world, begun.options);
    expect((await run(link)).outcome).toBe('flashed');
    expect(said.join('\n')).toContain('has met an error: it begins anew');
    expect(statistics(link).boots.go).toBe(1);
    holds(link, before, SECOND);
    await link.close();
  });
});

test('a stub whose erases wait is taken over when the one under way ends; what waits is not erased', async () => {
  const begun = await openBoard('rtt=20ms&baud=921600');
  const before = fillFlash(begun, 3);
  const link = await beginAndVanish(begun, incompressible(900 * 1024, 43), 4096);
  const erasedBefore = statistics(link).erases;
  await runJob(incompressible(1000, 44), link, { takeover: true, after: 'stay' });
  expect(statistics(link).erases - erasedBefore).toBeLessThanOrEqual(2);
  expect(firstDifference(flashOf(link).subarray(0x0e_0000), before.subarray(0x0e_0000))).toBeUndefined();
  await link.close();
});

test('a stub that was taken over is not reset by a refusal: it may be the only way into the board', async () => {
  const begun = await openBoard('rtt=100ms');
  fillFlash(begun, 3);
  const file = memorySessionFile();
  const run = (image: Image, link: SimLink, options: Partial<FlashOptions> = {}) => flashImage(image, link, { imagePath: '', to: 'sim:', events: () => undefined, ...options }, { file });
  await expect(run(FIRST, begun, { retryBudgetMs: 0, events: (event) => { if (event.type === 'progress' && event.phase === 'stream' && event.done > 60_000) void begun.close(); } })).rejects.toMatchObject({ kind: 'link' });
  const link = connectSimLink(begun.world, begun.options);
  await expect(run(incompressible(100, 1, 0x0820_0000), link)).rejects.toMatchObject({ kind: 'refused' });
  expect(statistics(link).boots.go).toBe(1);
  expect(link.world.board.runs).not.toBe('rom');
  // And it is found again.
  expect((await run(SECOND, link)).outcome).toBe('flashed');
  await link.close();
});

describe('--takeover', () => {
  test.each(['rtt=100ms', 'transport=udp&rtt=600ms', 'transport=udp&rtt=2s'])('%s: on a board that no stub works on begins in its bootloader as ever', async (board) => {
    const link = await openBoard(board);
    const before = fillFlash(link, 3);
    expect((await runJob(SECOND, link, { takeover: true })).report.outcome).toBe('flashed');
    holds(link, before, SECOND);
    await link.close();
  });

  test('while the other host is at work ends its job with a word, and nothing of it gets in between', async () => {
    const first = await openBoard('transport=udp&rtt=100ms');
    fillFlash(first, 3, 0x1000);
    let second: Promise<unknown> = Promise.resolve();
    const isOver: string[] = [];
    const link = connectSimLink(first.world, first.options);
    const begin = (): void => {
      second = runJob(SECOND, link, { takeover: true, after: 'stay' }).then(() => isOver.push('second'));
    };
    let hasBegun = false;
    await expect(runJob(FIRST, first, {
      retryBudgetMs: 0,
      events: (event) => {
        if (hasBegun || event.type !== 'progress' || event.phase !== 'stream' || event.done < 50_000) return;
        hasBegun = true;
        begin();
      },
    })).rejects.toMatchObject({ kind: expect.stringMatching(/refused|link/) as string });
    await second;
    expect(isOver).toEqual(['second']);
    expect(isThere(link, SECOND)).toBe(true);
    await first.close();
    await link.close();
  });
});
