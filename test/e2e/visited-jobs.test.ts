/** A board whose stub waits for the rest of a job is looked at: the job can be gone on with afterwards. Whoever erases ends it, without a reset. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { erase } from '../../host/erase.js';
import { flashImage } from '../../host/flash.js';
import type { FlashOptions } from '../../host/flash-options.js';
import { info } from '../../host/info.js';
import { decodeImage } from '../../host/image/read-image.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { read } from '../../host/read.js';
import type { SessionFile } from '../../host/session/session-file.js';
import { verify } from '../../host/verify.js';
import { memorySessionFile } from './memory-session-file.js';
import { firstDifference, flashedAlone, flashOf, garbage, openBoard, statistics } from './virtual-board.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-visited-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const imagePath = join(folder, 'fw.bin');
const CONTENT = garbage(400_000, 3);
writeFileSync(imagePath, CONTENT);
const IMAGE = decodeImage(imagePath, CONTENT);
const SECTOR = 0x2_0000;

const ASKED = { to: 'sim:', retryBudgetMs: 0, events: () => undefined } as const;
const run = (link: SimLink, file: SessionFile, options: Partial<FlashOptions> = {}) => flashImage(IMAGE, link, { ...ASKED, imagePath, ...options }, { file });
const yes = (): Promise<boolean> => Promise.resolve(true);

interface Left {
  readonly file: SessionFile;
  readonly link: SimLink;
  /** The next command's link to the same board. */
  readonly next: () => Promise<SimLink>;
}

/** The process ends when half of the image is written. */
async function leftHalfWay(query = 'rtt=100ms'): Promise<Left> {
  const begun = await openBoard(`${query}&baud=460800`);
  const file = memorySessionFile();
  const events: FlashOptions['events'] = (event) => { if (event.type === 'progress' && event.phase === 'stream' && event.done > 100_000) void begun.close(); };
  await expect(run(begun, file, { events, compress: false })).rejects.toMatchObject({ kind: 'link' });
  let link = connectSimLink(begun.world, begun.options);
  return { file, link, next: async () => (await link.close(), (link = connectSimLink(begun.world, begun.options))) };
}

const RESUME = /its stub waits for the rest of it, and stage-flash resume goes on/;

describe.each(['rtt=100ms', 'transport=udp&rtt=100ms', 'rtt=600ms&fault=half-duplex&half-duplex=1'])('on a board whose job was left half-way (%s)', (query) => {
  test('info, read and verify tell what is there now, and the job goes on afterwards', async () => {
    const { file, link, next } = await leftHalfWay(query);
    const { text, details } = await info(ASKED, { link, file });
    expect(text).toMatch(RESUME);
    const now = flashOf(link);
    expect(details.info.sectors.map(({ digest }) => digest)).toEqual(Array.from({ length: 16 }, (_, sector) => crc32(now.subarray(sector * SECTOR, (sector + 1) * SECTOR))));

    const filePath = join(folder, 'read.bin');
    expect((await read({ ...ASKED, filePath, range: { address: 0x0800_0000, lengthBytes: 0x8000 } }, { link: await next(), file })).text).toMatch(RESUME);
    expect(firstDifference(readFileSync(filePath), now.subarray(0, 0x8000))).toBeUndefined();
    await expect(verify({ ...ASKED, imagePath }, { link: await next(), file })).rejects.toMatchObject({ kind: 'verify', message: expect.stringContaining('0x08060000') as string });

    const again = await next();
    expect((await run(again, file, { compress: false })).outcome).toBe('flashed');
    expect(statistics(again).boots.go).toBe(1);
    expect(firstDifference(flashOf(again).subarray(0, CONTENT.length), CONTENT)).toBeUndefined();
    // One image, and what was under way when the process ended.
    expect(statistics(again).bytesToBoard).toBeLessThan(1.2 * CONTENT.length + 12_000);
    await again.close();
  });
});

test('erase makes the stub begin anew, without a reset; a job that then goes on writes what is missing', async () => {
  const { file, link, next } = await leftHalfWay();
  const before = flashOf(link);
  const { text } = await erase({ ...ASKED, ranges: [{ address: 0x0802_0000, lengthBytes: 1 }], consent: yes }, { link, file });
  expect(text).toContain('The stub waits on the board');
  expect(statistics(link).boots.go).toBe(1);
  const after = before.slice().fill(0xff, SECTOR, 2 * SECTOR);
  expect(firstDifference(flashOf(link), after)).toBeUndefined();
  expect(file.load()?.inProgress).not.toContain(1);
  const again = await next();
  expect((await run(again, file)).outcome).toBe('flashed');
  expect(statistics(again).boots.go).toBe(1);
  expect(firstDifference(flashOf(again), flashedAlone(after, IMAGE, again))).toBeUndefined();
  await again.close();
});

test('a stub that has met an error begins anew for whoever looks', async () => {
  // So much is under way that the stub meets it when nobody listens any more.
  const begun = await openBoard('rtt=600ms&baud=460800');
  const { flash } = begun.world.board.chip;
  flash.onOperation = ({ kind, address }) => {
    if (kind === 'program' && address === 0x0800_4000) flash.poke(0x0800_4020, new Uint8Array(32).fill(0x5a));
  };
  const file = memorySessionFile();
  await expect(run(begun, file, { events: (event) => { if (event.type === 'progress' && event.phase === 'stream' && event.done > 0) void begun.close(); } })).rejects.toMatchObject({ kind: 'link' });
  begun.world.run(begun.world.now + 10 * 64_000_000);
  flash.onOperation = undefined;
  expect(file.load()?.token).toBeDefined();
  const link = connectSimLink(begun.world, begun.options);
  expect((await info(ASKED, { link, file })).text).toContain('The stub waits on the board');
  await link.close();
});

describe('another host', () => {
  test('is refused, by name, and nothing of the job changes', async () => {
    const { file, link, next } = await leftHalfWay();
    await expect(info(ASKED, { link, file: memorySessionFile() })).rejects.toMatchObject({ kind: 'bootloader', message: expect.stringContaining('for somebody else') as string, hint: expect.stringContaining('--takeover') as string });
    const mine = await next();
    expect((await run(mine, file, { compress: false })).outcome).toBe('flashed');
    expect(statistics(mine).boots.go).toBe(1);
    await mine.close();
  });

  test('that takes over looks, leaves the stub there, and finds it again', async () => {
    const { link, next } = await leftHalfWay();
    const file = memorySessionFile();
    expect((await info({ ...ASKED, takeover: true }, { link, file })).text).toContain('The stub waits on the board');
    const again = await next();
    expect((await run(again, file)).outcome).toBe('flashed');
    expect(statistics(again).boots.go).toBe(1);
    await again.close();
  });
});

test('an erase that is cut leaves its sectors in doubt: a later job writes them anew, whatever they read as', async () => {
  const link = await openBoard('rtt=20ms&fault=power-cut@flash-op=1:late');
  link.world.board.chip.flash.load(flashedAlone(flashOf(link), IMAGE, link));
  const file = memorySessionFile();
  await expect(erase({ ...ASKED, ranges: [{ address: 0x0802_0000, lengthBytes: 1 }], consent: yes }, { link, file })).rejects.toMatchObject({ kind: 'link' });
  expect(file.load()?.inProgress).toEqual([1]);
  await link.close();
});

test.each([['0', '1'], ['1', '0']])('a visit that says half-duplex=%s where the job said %s is refused, and the job goes on afterwards', async (now, then) => {
  const { file, link: begun } = await leftHalfWay(`rtt=100ms&half-duplex=${then}`);
  await begun.close();
  const link = connectSimLink(begun.world, { ...begun.options, halfDuplex: now === '1' });
  await expect(info(ASKED, { link, file })).rejects.toMatchObject({ kind: 'usage', exitCode: 2, message: expect.stringContaining('half-duplex=1') as string });
  await link.close();
  const again = connectSimLink(begun.world, begun.options);
  expect((await run(again, file, { compress: false })).outcome).toBe('flashed');
  expect(statistics(again).boots.go).toBe(1);
  await again.close();
});
