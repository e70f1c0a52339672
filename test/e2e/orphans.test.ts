/** A stub whose host has gone for good: what is proven is started in the end, what is not waits for whoever comes. */
import { describe, expect, test } from 'vitest';
import { msToTicks, ticksToMs } from '../../host/board/time.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { flashImage } from '../../host/flash.js';
import { memorySessionFile } from './memory-session-file.js';
import { program } from '../soak/programs.js';
import { fillFlash, imageOf, openBoard, runJob, statistics } from './virtual-board.js';

const IMAGE = imageOf(program(0x0800_0000, 24 * 1024, 3));
const ORPHAN_MS = 12_000;
/** BOOT0 is let go after the first power on: a reset starts what is in flash. */
const BOARDS = ['chip=STM32H743xI', 'chip=STM32H723xG', 'chip=STM32H7A3xI'].map((chip) => `${chip}&boot0=pulse&rtt=50ms`);

const run = (link: SimLink, ms: number): void => link.world.run(link.world.now + msToTicks(ms));

/** One job whose host goes when `isTime` says so, without a farewell. */
async function abandon(board: string, isTime: (phase: string, done: number) => boolean, orphanMs = ORPHAN_MS, isBlank = false) {
  const link = await openBoard(board);
  if (!isBlank) fillFlash(link, 2, 0x600);
  const file = memorySessionFile();
  // Whether the job ends well does not matter here: nobody says LEAVE.
  await flashImage(IMAGE, link, {
    imagePath: 'a', to: 'sim:', retryBudgetMs: 0, orphanMs,
    events: (event) => {
      if (event.type === 'phase' ? isTime(event.phase, 0) : event.type === 'progress' && isTime(event.phase, event.done)) void link.close();
    },
  }, { file }).catch(() => undefined);
  return { link, file };
}

describe.each(BOARDS)('%s: a board whose host is gone', (board) => {
  test('when its flash is proven starts the application after that time, and not before', async () => {
    const { link } = await abandon(board, (phase) => phase === 'reset');
    run(link, ORPHAN_MS - 3000);
    expect(statistics(link).boots).toMatchObject({ application: 0, rom: 1 });
    run(link, 10_000);
    const started = link.world.boardEvents.at(-1)!;
    expect(started).toMatchObject({ kind: 'application', cause: 'software' });
    expect(link.world.board.chip.read(0x0800_0004, 4, link.world.now)).toBe(started.kind === 'application' ? started.entry : undefined);
  });

  test('in the middle of the stream waits for ever', async () => {
    const { link } = await abandon(board, (phase, done) => phase === 'stream' && done > 8000);
    run(link, 4 * ORPHAN_MS);
    expect(statistics(link).boots).toMatchObject({ application: 0, rom: 1 });
  });
});

test('a host that comes back in time finds the stub, and the time begins anew', async () => {
  const { link, file } = await abandon(BOARDS[0]!, (phase) => phase === 'reset', ORPHAN_MS, true);
  run(link, ORPHAN_MS - 3000);
  const again = connectSimLink(link.world, link.options);
  const said: string[] = [];
  const report = await flashImage(IMAGE, again, { imagePath: 'a', to: 'sim:', orphanMs: ORPHAN_MS, after: 'reset', events: (event) => event.type === 'note' && said.push(event.text) }, { file });
  expect(said.join(' ')).toContain('going on where it is');
  expect(report.outcome).toBe('flashed');
  await again.close();
});

test('with 0, and with --stay, a proven board waits for ever, too', async () => {
  const { link } = await abandon(BOARDS[0]!, (phase) => phase === 'reset', 0);
  run(link, 4 * ORPHAN_MS);
  const staying = await openBoard(BOARDS[0]!);
  await runJob(IMAGE, staying, { after: 'stay', orphanMs: ORPHAN_MS });
  await staying.close();
  run(staying, 4 * ORPHAN_MS);
  for (const board of [link, staying]) expect(statistics(board).boots).toMatchObject({ application: 0, rom: 1 });
});

test('with BOOT0 high the reset ends in the ROM bootloader', async () => {
  const { link } = await abandon('boot0=high&rtt=50ms', (phase) => phase === 'reset');
  run(link, ORPHAN_MS + 5000);
  expect(link.world.boardEvents.at(-1)).toMatchObject({ kind: 'rom', cause: 'software' });
});

test('a hardware watchdog does not end the wait', async () => {
  const { link } = await abandon(`${BOARDS[0]!}&iwdg=hardware`, (phase, done) => phase === 'stream' && done > 8000);
  run(link, 40_000);
  expect(ticksToMs(link.world.now)).toBeGreaterThan(40_000);
  expect(link.world.boardEvents.filter((event) => 'cause' in event && event.cause === 'iwdg')).toEqual([]);
});
