/** The stub's reports cost little of a slow line, and come often enough for a fast one. */
import { describe, expect, test } from 'vitest';
import type { Image } from '../../host/image/image.js';
import { lineTimeMs } from '../../host/link/line-settings.js';
import { wrapLink } from '../../host/link/wrap-link.js';
import { imageOf, incompressible, openBoard, runJob, type Job } from './virtual-board.js';

interface Streamed extends Job {
  readonly streamSeconds: number;
  readonly bytesFromBoard: number;
}

/** What the board said while it was streamed to, the proof included. */
async function streamed(query: string, image: Image): Promise<Streamed> {
  const link = await openBoard(query);
  const { traffic } = link.world;
  const job = await runJob(image, link, { after: 'stay', events: (event) => event.type === 'phase' && event.phase === 'stream' && (before = { ms: link.now(), bytes: traffic.bytesFromBoard }) });
  const streamSeconds = (link.now() - before.ms) / 1000;
  await link.close();
  return { ...job, streamSeconds, bytesFromBoard: traffic.bytesFromBoard - before.bytes };
}
let before = { ms: 0, bytes: 0 };

describe('reports', () => {
  test('take a hundredth of a line of 9600 baud', async () => {
    const { bytesFromBoard, streamSeconds } = await streamed('baud=9600&rtt=100ms', incompressible(0x1_0000));
    expect(bytesFromBoard).toBeLessThan(0.015 * streamSeconds * (9600 / 11));
  });

  test('come every two seconds while the line is quiet, whatever its rate', async () => {
    // A sector with a few bytes of content each: all time goes into erasing.
    const scattered = imageOf(...Array.from({ length: 6 }, (_, sector) => ({ address: 0x0800_0000 + sector * 0x2_0000, bytes: new Uint8Array(64).fill(0x5a) })));
    const { bytesFromBoard, streamSeconds } = await streamed('baud=9600&rtt=1ms', scattered);
    expect(streamSeconds).toBeGreaterThan(6);
    expect(bytesFromBoard).toBeGreaterThan(60 * Math.floor(streamSeconds / 2 - 1));
  });

  test('tell of room in the window before the line runs dry', async () => {
    // 64 KiB of window: at 2 Mbaud it is full while a sector is erased.
    const { streamSeconds } = await streamed('chip=STM32H723xG&baud=2000000&rtt=1ms', incompressible(0x6_0000));
    const flashSeconds = 3 * 1 + (0x6_0000 / 32) * 100e-6;
    expect(streamSeconds).toBeLessThan(1.1 * flashSeconds);
  });
});

test('a board that is reset on a slow line is noticed within a minute and a half', async () => {
  const link = await openBoard('baud=9600&rtt=200ms&fault=board-reset=40s');
  const startedMs = link.now();
  await expect(runJob(incompressible(0x1_8000), link)).rejects.toMatchObject({ kind: 'link' });
  expect(link.now() - startedMs).toBeLessThan(40_000 + 90_000);
});

// What comes then may make a command at whatever rate a ROM bootloader measures.
test.each([{ query: 'baud=921600&rtt=20ms', mostMs: 700 }, { query: 'baud=115200&rtt=20ms', mostMs: 2200 }])('$query: a board that is reset hears no more than $mostMs ms of content', async ({ query, mostMs }) => {
  const link = await openBoard(`${query}&fault=board-reset=6s&tolerate=all`);
  const { world: { traffic, boardEvents } } = link;
  const sentBytes: number[] = [];
  const noticing = wrapLink(link, {
    receive: (deadlineMs) => {
      if (boardEvents.filter(({ kind }) => kind === 'rom').length > 1) sentBytes.push(traffic.bytesToBoard);
      return link.receive(deadlineMs);
    },
  });
  await expect(runJob(incompressible(0x10_0000), noticing, { retryBudgetMs: 0 })).rejects.toMatchObject({ kind: 'link' });
  const heardBytes = traffic.bytesToBoard - sentBytes[0]!;
  expect(heardBytes).toBeGreaterThan(0);
  expect(lineTimeMs(heardBytes, link.line)).toBeLessThan(mostMs);
});
