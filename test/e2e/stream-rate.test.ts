/** --stream-baud: the stream at another bit rate than the ROM bootloader, and every way in which that may not work. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { flashImage } from '../../host/flash.js';
import type { Link } from '../../host/link/link.js';
import { connectSimLink } from '../../host/link/sim-link.js';
import { sessionFile } from '../../host/session/session-file.js';
import { fillFlash, firstDifference, flashedOver, flashOf, incompressible, openBoard, runJob } from './virtual-board.js';

const IMAGE = incompressible(160 * 1024, 21);
/** A converter at another rate than the chip is a mistake of nobody on the board. */
const ANOTHER_RATE = 'tolerate=usart-baud-mismatch,usart-frame-mismatch';

/** One job with `--stream-baud`; the flash is compared with what it must hold. */
async function flashAt(streamBaud: number, board: string) {
  const link = await openBoard(board);
  const before = fillFlash(link, 3, 0x1000);
  const startMs = link.now();
  const { events, report } = await runJob(IMAGE, link, { streamBaud });
  expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
  expect(report.outcome).toBe('flashed');
  const said = events.flatMap((event) => (event.type === 'note' || event.type === 'warning' ? [event.text] : [])).join('\n');
  return { link, said, seconds: (link.now() - startMs) / 1000 };
}

describe('a stream at another bit rate', () => {
  test.each([
    ['rtt=100ms', 921_600],
    ['rtt=100ms&baud=9600', 460_800],
    ['chip=STM32H723xG', 2_000_000],
    ['chip=STM32H7A3xI&rtt=600ms', 1_000_000],
    ['baud=115200', 19_200],
  ])('%s: at %i the image is in flash, and the line is back at its rate in the end', async (board, streamBaud) => {
    const { link, said } = await flashAt(streamBaud, board);
    expect(said).toContain(`The line runs at ${streamBaud} for the stream.`);
    expect(link.world.converter.line).toEqual({ baudRate: link.options.baud, parity: 'even', stopBits: 1 });
    await link.close();
  });

  test('takes the time of its rate: eight times that of 115200 is flash-bound', async () => {
    const slow = await flashAt(115_200, 'rtt=20ms');
    const fast = await flashAt(921_600, 'rtt=20ms');
    expect(fast.seconds).toBeLessThan(slow.seconds - 0.75 * ((IMAGE.segments[0]!.bytes.length * 11) / 115_200));
    await Promise.all([slow.link.close(), fast.link.close()]);
  });

  test('is what the dry run reckons with', async () => {
    const seconds = await Promise.all([undefined, 921_600].map(async (streamBaud) => {
      const link = await openBoard('rtt=20ms');
      const { report } = await runJob(IMAGE, link, { dryRun: true, ...(streamBaud !== undefined && { streamBaud }) });
      await link.close();
      return report.details.ways!.find(({ name }) => name === 'stored')!.seconds;
    }));
    expect(seconds[1]).toBeLessThan(0.5 * seconds[0]!);
  });
});

describe('a stream that cannot be at another bit rate', () => {
  test('on a link without such an ability is sent as ever, with a warning', async () => {
    const { link, said } = await flashAt(921_600, 'transport=udp&rtt=50ms');
    expect(said).toContain('cannot change the bit rate of its line: staying at 115200');
    await link.close();
  });

  test.each([921_600, 57_600])('because the converter only says that it is set to %i goes on at the first rate, on both sides', async (streamBaud) => {
    const { link, said } = await flashAt(streamBaud, `rtt=300ms&fault=rate-limit=${streamBaud === 57_600 ? 1200 : 115_200}`);
    expect(said).toContain(`The line does not work at ${streamBaud}: staying at 115200.`);
    expect(link.line.baudRate).toBe(115_200);
    await link.close();
  });
});

describe('while the line is at another bit rate', () => {
  test.each(['reset', 'close', 'silence'])('a connection that ends by %s is made again, and the stream goes on', async (ending) => {
    const { link, said } = await flashAt(921_600, `rtt=300ms&fault=${ending}=100000&${ANOTHER_RATE}`);
    expect(said).toContain('connected again');
    await link.close();
  });

  test('an outage that is longer than the stub’s patience leaves both ends at the first rate', async () => {
    const link = await openBoard(`rtt=300ms&${ANOTHER_RATE}`);
    const before = fillFlash(link, 3, 0x1000);
    let deadUntilMs = -Infinity;
    const isDead = (): boolean => link.now() < deadUntilMs;
    // Without another connection to be had, as on a serial port whose far end is pulled out for a while.
    const pulledOut: Link = {
      name: link.name, now: () => link.now(), abilities: link.abilities, setLine: (line) => link.setLine(line), close: () => link.close(),
      get line() { return link.line; },
      send: async (bytes) => (isDead() ? undefined : link.send(bytes)),
      receive: async (deadlineMs) => {
        const bytes = await link.receive(deadlineMs);
        return isDead() ? new Uint8Array() : bytes;
      },
    };
    await runJob(IMAGE, pulledOut, {
      streamBaud: 230_400,
      events: (event) => { if (event.type === 'progress' && event.phase === 'stream' && event.done > 40_000 && deadUntilMs < 0) deadUntilMs = link.now() + 8000; },
    });
    expect(firstDifference(flashOf(link), flashedOver(before, IMAGE, link))).toBeUndefined();
    expect(link.world.converter.line.baudRate).toBe(115_200);
    await link.close();
  });

  test('a process that ends leaves a stub that goes back to the first rate, where a later one finds it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stage-flash-rate-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const file = sessionFile('board', folder);
    const link = await openBoard(`rtt=200ms&${ANOTHER_RATE}`);
    const options = { imagePath: IMAGE.source, to: 'sim:', streamBaud: 460_800 };
    await expect(flashImage(IMAGE, link, {
      ...options, retryBudgetMs: 0, events: (event) => { if (event.type === 'progress' && event.phase === 'stream' && event.done > 30_000) void link.close(); },
    }, { file })).rejects.toMatchObject({ kind: 'link' });
    const said: string[] = [];
    const again = connectSimLink(link.world, link.options);
    const report = await flashImage(IMAGE, again, { ...options, events: (event) => event.type !== 'progress' && said.push(event.text) }, { file });
    expect(said.join('\n')).toContain('going on where it is');
    expect(report.outcome).toBe('flashed');
    expect(Buffer.compare(link.world.board.chip.flash.peek(0x0800_0000, 4096), IMAGE.segments[0]!.bytes.subarray(0, 4096))).toBe(0);
    await again.close();
  });
});
