/** A process ends in the middle of a job; the stub works on; a later process takes up where it is. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { flashImage } from '../../host/flash.js';
import type { Image } from '../../host/image/image.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { sessionFile } from '../../host/session/session-file.js';
import { incompressible, openBoard, statistics } from './virtual-board.js';

const IMAGE = incompressible(64 * 1024, 11);
const folder = mkdtempSync(join(tmpdir(), 'stage-flash-resume-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Begins a job and ends its process, as far as the board can tell, after so many bytes of the stream were executed. */
async function beginAndDie(name: string, image: Image, afterBytes: number): Promise<SimLink> {
  const link = await openBoard('rtt=200ms');
  const job = flashImage(image, link, {
    imagePath: image.source, to: name, retryBudgetMs: 0,
    events: (event) => {
      if (event.type === 'progress' && event.done >= afterBytes) void link.close();
    },
  }, { file: sessionFile(name, folder) });
  await expect(job).rejects.toMatchObject({ kind: 'link' });
  return connectSimLink(link.world, link.options);
}

async function again(name: string, image: Image, link: SimLink) {
  const said: string[] = [];
  const report = await flashImage(image, link, { imagePath: image.source, to: name, events: (event) => event.type !== 'progress' && said.push(event.text) }, { file: sessionFile(name, folder) });
  return { report, said: said.join('\n') };
}

const holds = (image: Image, link: SimLink): boolean =>
  image.segments.every(({ address, bytes }) => Buffer.compare(link.world.board.chip.flash.peek(address, bytes.length), bytes) === 0);

describe('the same command again', () => {
  test.each([4_096, 30_000, 60_000])('after a process that ended at %d bytes goes on without ROM, loader, or sending anything twice', async (afterBytes) => {
    const name = `board-${afterBytes}`;
    const link = await beginAndDie(name, IMAGE, afterBytes);
    const { report, said } = await again(name, IMAGE, link);
    expect(holds(IMAGE, link)).toBe(true);
    expect(report.outcome).toBe('flashed');
    expect(said).toContain('going on where it is');
    expect(statistics(link).boots.go).toBe(1);
    // The whole session, both processes: one image and less than a window of 16 KiB more.
    expect(statistics(link).bytesToBoard).toBeLessThan(IMAGE.segments[0]!.bytes.length + 16 * 1024 + 10_000);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('with another image begins anew, without a reset', async () => {
    const link = await beginAndDie('other-image', IMAGE, 20_000);
    const other = incompressible(40 * 1024, 12);
    const { report, said } = await again('other-image', other, link);
    expect(said).toContain('works on something else');
    expect(report.outcome).toBe('flashed');
    expect(holds(other, link)).toBe(true);
    expect(statistics(link).boots.go).toBe(1);
  });

  test('after the board was reset begins anew, and sends nothing that is right already', async () => {
    const link = await beginAndDie('reset-board', IMAGE, 20_000);
    link.world.board.pressReset();
    const { report, said } = await again('reset-board', IMAGE, link);
    expect(said).not.toContain('going on');
    expect(report.outcome).toBe('flashed');
    expect(holds(IMAGE, link)).toBe(true);
  });
});

test('another host hears that somebody else’s stub works there, and does not disturb it', async () => {
  const link = await beginAndDie('mine', IMAGE, 20_000);
  await expect(again('theirs', IMAGE, link)).rejects.toMatchObject({ kind: 'bootloader', message: expect.stringContaining('for somebody else') });
  await link.close();
  const mine = connectSimLink(link.world, link.options);
  const { said } = await again('mine', IMAGE, mine);
  expect(said).toContain('going on where it is');
  expect(holds(IMAGE, mine)).toBe(true);
});

test('a session file that a crash left half-written is none', async () => {
  const file = sessionFile('torn', folder);
  file.save({ token: 1, facts: {} as never, streamCrc: 2, roundTripMs: 3, distrusted: [], inProgress: [], sentBytes: 0, startedAt: '' });
  expect(file.load()).toMatchObject({ token: 1, streamCrc: 2 });
  const [path] = readdirSync(folder);
  writeFileSync(join(folder, path!), '{"wireVersion":1,"tok');
  expect(file.load()).toBeUndefined();
  file.remove();
  expect(file.load()).toBeUndefined();
});

test('of a session file that another wire version has left, the sectors in progress count, and its stub does not', async () => {
  const file = sessionFile('older', folder);
  file.save({ token: 1, facts: {} as never, streamCrc: 2, roundTripMs: 3, distrusted: [], inProgress: [4], sentBytes: 0, startedAt: '' });
  const path = join(folder, readdirSync(folder)[0]!);
  writeFileSync(path, JSON.stringify({ ...file.load(), wireVersion: 1 }));
  expect(file.load()).toMatchObject({ inProgress: [4] });
  expect(file.load()).not.toHaveProperty('token');
  file.remove();
});
