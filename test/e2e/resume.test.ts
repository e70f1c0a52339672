/** `stage-flash resume`: a process ends in the middle of a job, and another one goes on with it that was told nothing but the folder of its notes. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { FlashOptions } from '../../host/flash-options.js';
import { flashImage } from '../../host/flash.js';
import { readImage } from '../../host/image/read-image.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { sessionFile } from '../../host/session/session-file.js';
import { findUnfinished } from '../../host/unfinished.js';
import { firstDifference, flashOf, garbage, openBoard, statistics } from './virtual-board.js';

const root = mkdtempSync(join(tmpdir(), 'stage-flash-unfinished-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const ADDRESS = 0x0804_0000;
const CONTENT = garbage(50_000, 7);
let folder = '';
let imagePath = '';
let round = 0;

beforeEach(() => {
  folder = join(root, String(round++));
  mkdirSync(folder);
  imagePath = join(folder, 'fw.bin');
  writeFileSync(imagePath, CONTENT);
});

async function run(link: SimLink, options: Pick<FlashOptions, 'to' | 'imagePath'> & Partial<FlashOptions>) {
  const { address } = options;
  const image = await readImage(options.imagePath, address === undefined ? {} : { address });
  return flashImage(image, link, { events: () => undefined, retryBudgetMs: 0, ...options }, { file: sessionFile(options.to, folder) });
}

/** The process ends, as far as the board can tell, when half of the stream is executed. */
async function beginAndDie(to: string, seed = 1): Promise<SimLink> {
  const link = await openBoard(`rtt=100ms&seed=${seed}`);
  const events: FlashOptions['events'] = (event) => { if (event.type === 'progress' && event.done > 25_000) void link.close(); };
  await expect(run(link, { to, imagePath, address: ADDRESS, compress: false, after: 'stay', events })).rejects.toMatchObject({ kind: 'link' });
  return connectSimLink(link.world, link.options);
}

const TO = 'tcp://10.0.0.5:4001?baud=115200';

describe('the job that was left unfinished', () => {
  test('is gone on with by the stub, with its options; then there is none any more', async () => {
    const link = await beginAndDie(TO);
    const { options, text } = findUnfinished({}, folder);
    expect(text).toMatch(/^Going on with fw\.bin on tcp:\/\/10\.0\.0\.5:4001 \(board [0-9a-f]{24}, begun \d{4}-\d\d-\d\dT/);
    expect(options).toEqual({ to: TO, imagePath, address: ADDRESS, compress: false, after: 'stay' });
    expect((await run(link, options)).outcome).toBe('flashed');
    expect(statistics(link).boots.go).toBe(1);
    expect(firstDifference(flashOf(link).subarray(0x4_0000, 0x4_0000 + CONTENT.length), CONTENT)).toBeUndefined();
    // The stub stays, and can be found by its notes; the job is done.
    expect(() => findUnfinished({}, folder)).toThrow(expect.objectContaining({ kind: 'usage', message: 'no job was left unfinished by this machine' }) as Error);
    await link.close();
  });

  test('is chosen by link or by board where there are more, and never guessed', async () => {
    const [one, other] = [await beginAndDie('tcp://one:1', 1), await beginAndDie('tcp://other:1', 2)];
    expect(() => findUnfinished({}, folder)).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining('2 jobs were left unfinished: ') as string, hint: expect.stringContaining('--board') as string }) as Error);
    expect(findUnfinished({ to: 'tcp://other:1' }, folder).options.to).toBe('tcp://other:1');
    const [, board = ''] = /board ([0-9a-f]+)/.exec(findUnfinished({ to: 'tcp://one:1' }, folder).text) ?? [];
    expect(findUnfinished({ board: board.toUpperCase() }, folder).options.to).toBe('tcp://one:1');
    expect(() => findUnfinished({ to: 'tcp://third:1' }, folder)).toThrow(expect.objectContaining({ kind: 'usage', message: 'no job was left unfinished on tcp://third:1 by this machine', hint: expect.stringMatching(/^Unfinished: .*one:1.*other:1/) as string }) as Error);
    await one.close();
    await other.close();
  });

  test('is refused when its image has changed, or is gone', async () => {
    await (await beginAndDie(TO)).close();
    writeFileSync(imagePath, CONTENT.subarray(1));
    expect(() => findUnfinished({}, folder)).toThrow(expect.objectContaining({ kind: 'refused', message: expect.stringContaining('has changed since the job began') as string }) as Error);
    renameSync(imagePath, `${imagePath}.old`);
    expect(() => findUnfinished({}, folder)).toThrow(expect.objectContaining({ kind: 'refused', message: expect.stringContaining('is not there any more') as string }) as Error);
  });

  test('is given up, with a word, for another image', async () => {
    const link = await beginAndDie(TO);
    const otherPath = join(folder, 'other.bin');
    writeFileSync(otherPath, garbage(9000, 8));
    const said: string[] = [];
    await run(link, { to: TO, imagePath: otherPath, address: ADDRESS, events: (event) => { if (event.type === 'note') said.push(event.text); } });
    expect(said).toContain('fw.bin was left unfinished here; it is given up for this image.');
    expect(() => findUnfinished({}, folder)).toThrow('no job was left unfinished');
    await link.close();
  });

  test('whose link may hold a password is not written down with it: the link has to be said again', async () => {
    const to = 'exec:sshpass -p hunter2 gateway';
    await (await beginAndDie(to)).close();
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) expect(readFileSync(join(folder, name), 'utf8')).not.toContain('hunter2');
    expect(() => findUnfinished({}, folder)).toThrow(expect.objectContaining({ kind: 'usage', hint: expect.stringContaining('--to exec:sshpass') as string }) as Error);
    expect(findUnfinished({ to }, folder).options.to).toBe(to);
  });
});
