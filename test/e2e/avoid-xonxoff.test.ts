/** --avoid-xonxoff: whole jobs through a converter that takes 0x11 and 0x13 for flow control, and what crosses the wire meanwhile. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { erase } from '../../host/erase.js';
import { flash, flashImage } from '../../host/flash.js';
import { info } from '../../host/info.js';
import { read as readBoard } from '../../host/read.js';
import { verify } from '../../host/verify.js';
import type { FlashOptions } from '../../host/flash-options.js';
import type { Image } from '../../host/image/image.js';
import type { Link } from '../../host/link/link.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { wrapLink } from '../../host/link/wrap-link.js';
import { isFlowControl } from '../../host/protocol/forbidden-bytes.js';
import { sampleContent } from '../codec/sample-content.js';
import { memorySessionFile } from './memory-session-file.js';
import { fillFlash, firstDifference, flashedOver, flashOf, garbage, imageOf, incompressible, openBoard, runJob } from './virtual-board.js';

const FLOW_CONTROL = Uint8Array.of(0x11, 0x13);
/** Every second byte is one of the two: no frame of it could go without masks. */
const nasty = (lengthBytes: number): Image =>
  imageOf({ address: 0x0800_0000, bytes: garbage(lengthBytes, 9).map((byte, at) => (at % 2 === 0 ? FLOW_CONTROL[at / 2 % 2]! : byte)) });

/** Notes where one of the two crosses the link, either way; nothing is held back. */
function watch(link: SimLink): { readonly link: Link; readonly seen: string[]; readonly bytes: { up: number; down: number } } {
  const seen: string[] = [];
  const bytes = { up: 0, down: 0 };
  const look = (way: 'up' | 'down', data: Uint8Array): void => {
    bytes[way] += data.length;
    const at = data.findIndex(isFlowControl);
    if (at >= 0) seen.push(`${way}: ${Buffer.from(data.subarray(Math.max(0, at - 8), at + 8)).toString('hex')}`);
  };
  return {
    seen, bytes,
    link: wrapLink(link, {
      send: (data) => { look('up', data); return link.send(data); },
      receive: async (deadlineMs) => { const data = await link.receive(deadlineMs); look('down', data); return data; },
    }),
  };
}

const BOARDS = ['chip=STM32H743xI', 'chip=STM32H723xG&baud=9600', 'chip=STM32H7A3xI', 'chip=STM32H743xG&baud=921600&rtt=600ms'];

async function jobOn(board: string, image: Image, options: Partial<FlashOptions> = {}) {
  const link = await openBoard(board);
  const before = fillFlash(link, 5, 0x600);
  const watched = watch(link);
  const { report } = await runJob(image, watched.link, { avoidXonXoff: true, ...options });
  expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
  await link.close();
  return { ...watched, report };
}

describe('with --avoid-xonxoff', () => {
  test.each(BOARDS)('neither byte crosses the wire in a whole session, in either direction: %s', async (board) => {
    const { seen, bytes } = await jobOn(board, nasty(20_000));
    expect(seen).toEqual([]);
    expect(Math.min(bytes.up / 20_000, bytes.down / 300)).toBeGreaterThan(1);
  });

  test.each(BOARDS)('the image is proven through a converter that takes them out: %s', async (board) => {
    await jobOn(`${board}&fault=xonxoff`, nasty(20_000));
  });

  test.each(BOARDS)('and through one that holds back what goes to the board when it seems to say so: %s', async (board) => {
    const { report } = await jobOn(`${board}&fault=xoff-obeyed`, nasty(20_000));
    expect(report.details).toMatchObject({ reconnects: 0, discardedBytes: 0 });
  });

  test('over datagrams, which lose their order, too', async () => {
    await jobOn('transport=udp&rtt=80ms&jitter=40ms&loss=2&fault=xonxoff', nasty(12_000));
  });

  test('a program is sent compressed, then an update of it as a difference, with the codec', async () => {
    const old = sampleContent(0xc000, 21);
    const [first, second] = [imageOf({ address: 0x0800_0000, bytes: old }), imageOf({ address: 0x0800_0000, bytes: Uint8Array.of(...old.subarray(0, 0x1000), ...sampleContent(300, 9), ...old.subarray(0x1000)) })];
    const link = await openBoard('fault=xonxoff&rtt=300ms&baud=9600');
    const { report: compressed } = await runJob(first, link, { avoidXonXoff: true, after: 'stay' });
    expect(compressed.details.ways!.find(({ isChosen }) => isChosen)!.name).toBe('compressed');
    await link.close();
    const again = await openBoard('fault=xonxoff&rtt=300ms&baud=9600');
    again.world.board.chip.flash.load(flashOf(link));
    const watched = watch(again);
    const report = await flashImage(second, watched.link, { imagePath: 'b', to: 'sim:', avoidXonXoff: true, events: () => undefined }, { base: first });
    expect(report.details.ways!.find(({ isChosen }) => isChosen)!.name).toBe('delta');
    expect(watched.seen).toEqual([]);
    await again.close();
  });

  test('a line that loses and garbles bytes is no obstacle', async () => {
    await jobOn('fault=xonxoff&fault=lose=0.02&fault=flip=0.02&rtt=100ms', nasty(30_000));
  });

  test('a later process goes on with the stub of the first', async () => {
    const file = memorySessionFile();
    const link = await openBoard('fault=xonxoff&rtt=200ms');
    const image = nasty(60_000);
    const options = { imagePath: 'a', to: 'sim:', avoidXonXoff: true, retryBudgetMs: 0 };
    await expect(flashImage(image, link, { ...options, events: (event) => { if (event.type === 'progress' && event.phase === 'stream' && event.done > 20_000) void link.close(); } }, { file })).rejects.toMatchObject({ kind: 'link' });
    const again = connectSimLink(link.world, link.options);
    const watched = watch(again);
    const said: string[] = [];
    await flashImage(image, watched.link, { ...options, events: (event) => event.type === 'note' && said.push(event.text) }, { file });
    expect(said.join(' ')).toContain('going on where it is');
    expect(watched.seen).toEqual([]);
    expect(firstDifference(flashOf(again).subarray(0, 60_000), image.segments[0]!.bytes)).toBeUndefined();
    await again.close();
  });

  test('costs 2 % of the wire, and the dry run knows', async () => {
    const measured = async (avoidXonXoff: boolean) => {
      const link = await openBoard('baud=115200&rtt=20ms');
      const { report } = await runJob(incompressible(256 * 1024), link, { avoidXonXoff, dryRun: true });
      const { bytesUp } = report.details.ways!.find(({ name }) => name === 'stored')!;
      await link.close();
      const board = await openBoard('baud=115200&rtt=20ms');
      const counted = watch(board);
      await runJob(incompressible(256 * 1024), counted.link, { avoidXonXoff });
      await board.close();
      return { estimated: bytesUp, real: counted.bytes.up };
    };
    const [plain, avoiding] = await Promise.all([measured(false), measured(true)]);
    expect(avoiding.estimated / plain.estimated).toBeCloseTo(1 + 1 / 64, 3);
    expect(avoiding.real - plain.real).toBeLessThan(0.02 * plain.real);
  });

  test('--direct is refused: Read Memory is 0x11', async () => {
    const link = await openBoard('');
    await expect(runJob(incompressible(4096), link, { avoidXonXoff: true, direct: true })).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('Read Memory') as string });
    await link.close();
  });

  test('bytes that the user wants sent are refused when one of the two is among them', async () => {
    const link = await openBoard('boot0=low');
    await expect(runJob(incompressible(4096), link, { avoidXonXoff: true, enter: { send: Uint8Array.of(0x41, 0x13) } })).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('0x13') as string });
    await link.close();
  });
});

test('info, erase, verify and read go through such a converter, too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stage-flash-xonxoff-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const [imagePath, flashFile, filePath] = ['image.bin', 'flash.bin', 'read.bin'].map((name) => join(folder, name)) as [string, string, string];
  const { bytes } = nasty(9000).segments[0]!;
  writeFileSync(imagePath, bytes);
  const options = { to: `sim:?chip=STM32H750xB&fault=xonxoff&flash-file=${flashFile}`, avoidXonXoff: true, events: () => undefined };
  const { details } = await flash({ ...options, imagePath });
  expect(details.link).toMatchObject({ avoidsXonXoff: true });
  expect((await verify({ ...options, imagePath })).outcome).toBe('verified');
  await readBoard({ ...options, range: { address: 0x0800_0000, lengthBytes: 9000 }, filePath });
  expect(Buffer.compare(readFileSync(filePath), bytes)).toBe(0);
  expect((await info(options)).details.info.sectors).toHaveLength(1);
  expect((await erase({ ...options, ranges: undefined, consent: () => Promise.resolve(true) })).outcome).toBe('erased');
});

test('together with half-duplex the image is proven as well', async () => {
  await jobOn('fault=xonxoff&fault=half-duplex&half-duplex=1&rtt=50ms', nasty(9000));
});

test('without it such a converter ends the job with a word, and no flash is harmed', async () => {
  const link = await openBoard('fault=xonxoff&rtt=20ms');
  const before = fillFlash(link, 5);
  await expect(runJob(nasty(8192), link)).rejects.toMatchObject({ kind: 'stub', hint: expect.stringContaining('--avoid-xonxoff') as string });
  expect(firstDifference(flashOf(link), before)).toBeUndefined();
  await link.close();
});

test('without it, a converter that obeys XOFF is got past by new connections, or the error names the way out', async () => {
  const ends: string[] = [];
  for (let seed = 1; seed <= 3; seed++) {
    const link = await openBoard(`rtt=${seed % 2 === 0 ? 20 : 300}ms&fault=xoff-obeyed&seed=${seed}`);
    const image = nasty(20_000);
    const error: unknown = await runJob(image, link).then(() => undefined, (reason: unknown) => reason);
    if (error === undefined) expect(firstDifference(flashOf(link).subarray(0, 20_000), image.segments[0]!.bytes)).toBeUndefined();
    else expect(error).toMatchObject({ hint: expect.stringContaining('--avoid-xonxoff') as string });
    ends.push(error === undefined ? 'flashed' : 'refused');
    await link.close();
  }
  expect(new Set(ends)).toContain('flashed');
});
