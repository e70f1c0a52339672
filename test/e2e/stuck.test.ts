/** What stops a session for good must not hold the board: the stub can always be left, and the same command run again. */
import { expect, test } from 'vitest';
import { flashImage } from '../../host/flash.js';
import type { Link } from '../../host/link/link.js';
import { connectSimLink } from '../../host/link/sim-link.js';
import { memorySessionFile } from './memory-session-file.js';
import { flashedOver, flashOf, incompressible, openBoard, runJob } from './virtual-board.js';

test('a flash word that is not blank after its erase ends the job, the board comes back into its ROM, and a second run succeeds', async () => {
  const image = incompressible(500 * 1024, 5);
  const link = await openBoard('rtt=100ms&baud=921600');
  const { flash } = link.world.board.chip;
  const before = flashOf(link);
  const expected = flashedOver(before, image, link);
  // The third sector keeps one word of what it held, once.
  flash.onOperation = ({ kind, address, endTick }) => {
    if (kind !== 'erase' || address !== 0x0804_0000) return;
    flash.onOperation = ({ startTick }) => {
      if (startTick < endTick) return;
      flash.poke(0x0804_2000, new Uint8Array(32).fill(0x5a));
      flash.onOperation = undefined;
    };
  };
  const file = memorySessionFile();
  const run = (over: Link) => flashImage(image, over, { imagePath: image.source, to: 'sim:', events: () => undefined }, { file });
  await expect(run(link)).rejects.toMatchObject({ kind: 'flash', message: expect.stringContaining('0x08042000') });
  expect(link.world.board.runs).toBe('rom');
  // No stub is there any more; the sectors that it worked on are remembered.
  expect(file.load()?.token).toBeUndefined();
  expect(file.load()?.inProgress).toContain(2);
  await link.close();
  const again = connectSimLink(link.world, link.options);
  expect((await run(again)).outcome).toBe('flashed');
  expect(Buffer.compare(flashOf(again), expected)).toBe(0);
  expect(file.load()).toBeUndefined();
});

test('a board that is heard but hears nothing is given up in bounded time, by name', async () => {
  const link = await openBoard('rtt=200ms');
  let sentBytes = 0;
  const deafened: Link = {
    name: link.name,
    line: link.line,
    now: () => link.now(),
    receive: (deadlineMs) => link.receive(deadlineMs),
    send: async (bytes) => {
      sentBytes += bytes.length;
      if (sentBytes < 20_000) await link.send(bytes);
    },
    close: () => link.close(),
  };
  const startedMs = link.now();
  await expect(runJob(incompressible(48 * 1024), deafened)).rejects.toMatchObject({ kind: 'link', message: expect.stringContaining('is heard, but does not hear') });
  expect(link.now() - startedMs).toBeLessThan(300_000);
});
