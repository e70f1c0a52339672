/** One pair of wires, and what may happen to a job there: its process ends, another host comes, the board is reset, the connection or the supply is cut. */
import { describe, expect, test } from 'vitest';
import { read } from '../../host/read.js';
import { erase } from '../../host/erase.js';
import { info } from '../../host/info.js';
import type { FlashOptions } from '../../host/flash-options.js';
import { flashImage } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import type { SessionFile } from '../../host/session/session-file.js';
import { cutPower } from '../soak/power-cut.js';
import { SMALL_CASES, smallCut, judge } from '../soak/cut-cases.js';
import type { RestJournal } from '../../host/session/rest-journal.js';
import { memoryRestJournal } from './memory-rest-journal.js';
import { memorySessionFile } from './memory-session-file.js';
import { fillFlash, firstDifference, flashedOver, flashOf, incompressible, openBoard, runJob, statistics } from './virtual-board.js';

const TWO_WIRES = 'fault=half-duplex&half-duplex=1';
const IMAGE = incompressible(220 * 1024, 71);

/** What the host remembers: of its sessions, and of what is beside the image. */
interface Memory {
  readonly file: SessionFile;
  readonly journal: RestJournal;
}

const newMemory = (): Memory => ({ file: memorySessionFile(), journal: memoryRestJournal() });

async function run(image: Image, link: SimLink, memory: Memory, options: Partial<FlashOptions> = {}) {
  const said: string[] = [];
  const report = await flashImage(image, link, { imagePath: '', to: 'sim:', events: (event) => event.type !== 'progress' && said.push(event.text), ...options }, memory);
  return { report, said: said.join('\n') };
}

/** A job whose process ends without a word after so many bytes of the stream were executed; another connection to its board. */
async function beginAndVanish(query: string, memory: Memory, options: Partial<FlashOptions> = {}, image = IMAGE): Promise<SimLink> {
  const link = await openBoard(query);
  fillFlash(link, 3, 0x1000);
  const events: FlashOptions['events'] = (event) => { if (event.type === 'progress' && event.phase === 'stream' && event.done >= 10_000) void link.close(); };
  await expect(run(image, link, memory, { retryBudgetMs: 0, events, ...options })).rejects.toMatchObject({ kind: 'link' });
  return connectSimLink(link.world, link.options);
}

const isThere = ({ world }: SimLink, { segments }: Image): boolean => segments.every(({ address, bytes }) => Buffer.compare(world.board.chip.flash.peek(address, bytes.length), bytes) === 0);

describe('a later process', () => {
  test.each(['rtt=100ms', 'rtt=600ms&baud=921600', 'rtt=100ms&transport=udp', 'rtt=20ms&pins=PB14/PB15'])('%s: asks for the stub and goes on where it is', async (query) => {
    const memory = newMemory();
    const link = await beginAndVanish(`${query}&${TWO_WIRES}`, memory);
    const { report, said } = await run(IMAGE, link, memory);
    expect(said).toContain('going on where it is');
    expect(report.outcome).toBe('flashed');
    expect(isThere(link, IMAGE)).toBe(true);
    expect(statistics(link).boots.go).toBe(1);
  });

  test('finds the stub at the first bit rate again', async () => {
    const memory = newMemory();
    const link = await beginAndVanish(`rtt=100ms&${TWO_WIRES}`, memory, { streamBaud: 921_600 });
    const { said } = await run(IMAGE, link, memory, { streamBaud: 921_600 });
    expect(said).toContain('going on where it is');
    expect(isThere(link, IMAGE)).toBe(true);
  });

  test.each(['rtt=100ms', 'rtt=100ms&bootloader=0x90', 'rtt=100ms&pins=PB14/PB15', 'rtt=600ms&baud=9600'])('%s: does not make a bootloader deaf by its question, when the board was reset meanwhile', async (query) => {
    const memory = newMemory();
    const image = incompressible(16 * 1024, 72);
    const link = await beginAndVanish(`${query}&${TWO_WIRES}`, memory, {}, image);
    link.world.board.pressReset();
    const { report, said } = await run(image, link, memory);
    expect(said).not.toContain('going on');
    expect(report.outcome).toBe('flashed');
    expect(isThere(link, image)).toBe(true);
  });

  test.each([['0', '1'], ['1', '0']])('that says half-duplex=%s of a job that was begun with half-duplex=%s has the stub begin anew', async (now, then) => {
    const memory = newMemory();
    const begun = await beginAndVanish(`rtt=100ms&half-duplex=${then}`, memory);
    await begun.close();
    const link = connectSimLink(begun.world, { ...begun.options, halfDuplex: now === '1' });
    const { said } = await run(IMAGE, link, memory);
    expect(said).toContain('told otherwise of half-duplex');
    expect(isThere(link, IMAGE)).toBe(true);
    expect(statistics(link).boots.go).toBe(1);
  });
});

describe('another host', () => {
  test.each(['rtt=100ms', 'rtt=100ms&transport=udp'])('%s: is told that a stub works there, and takes it over when it says so', async (query) => {
    const other = incompressible(30 * 1024, 73);
    const begun = await beginAndVanish(`${query}&${TWO_WIRES}`, newMemory());
    await expect(run(other, begun, newMemory())).rejects.toMatchObject({ kind: 'bootloader', message: expect.stringContaining('a stage-flash stub works on this board') as string });
    await begun.close();
    const link = connectSimLink(begun.world, begun.options);
    const { report } = await run(other, link, newMemory(), { takeover: true });
    expect(report.outcome).toBe('flashed');
    expect(isThere(link, other)).toBe(true);
    expect(statistics(link).boots.go).toBe(1);
  });
});

describe('a connection that breaks', () => {
  test.each(['reset', 'close', 'silence'].flatMap((ending) => [9_500, 15_000, 60_000].map((bytes) => `fault=${ending}=${bytes}`)))('%s: is made again, and the job goes on', async (fault) => {
    const link = await openBoard(`rtt=200ms&${TWO_WIRES}&${fault}`);
    const before = fillFlash(link, 3, 0x1000);
    const image = incompressible(64 * 1024, 74);
    await runJob(image, link, { after: 'stay' });
    expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
    expect(statistics(link).boots.go).toBe(1);
  });

  test('a board that was reset meanwhile is given up, not waited for', async () => {
    const link = await openBoard(`rtt=200ms&${TWO_WIRES}&fault=board-reset=15s`);
    await expect(runJob(IMAGE, link)).rejects.toMatchObject({ kind: 'link', message: expect.stringMatching(/has not been heard|the stub is gone/) as string });
  });
});

test('a cut of the supply anywhere is mended by the next run', async () => {
  for (let at = 0; at < 4; at++) {
    const cut = smallCut(Math.floor((at * SMALL_CASES) / 4));
    expect(judge(cut, await cutPower({ ...cut, board: `${cut.board}&${TWO_WIRES}` })).wrong).toBeUndefined();
  }
});

test('info, read and erase do their work there', async () => {
  const to = `sim:?chip=STM32H743xG&rtt=100ms&${TWO_WIRES}`;
  const events = (): void => undefined;
  expect((await info({ to, events })).details.info.part).toBe('STM32H743xG');
  expect((await read({ to, range: { address: 0x0800_0000, lengthBytes: 0x1000 }, filePath: '/dev/null', events })).outcome).toBe('read');
  expect((await erase({ to, ranges: [{ address: 0x0802_0000, lengthBytes: 0x2_0000 }], consent: () => Promise.resolve(true), events })).outcome).toBe('erased');
});
