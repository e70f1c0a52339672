/** What this machine remembers of a board, by the name of its link; and that a virtual one with a flash file is such a board. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { flash } from '../../host/flash.js';
import { rememberedAs } from '../../host/job/remembered-as.js';
import { sampleContent } from '../codec/sample-content.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-remembered-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['tcp://10.0.0.5:4001?baud=9600', 'tcp://10.0.0.5:4001'],
  ['sim:', undefined],
  ['sim:?rtt=100ms', undefined],
  ['sim:?flash-file=', undefined],
  ['sim:?flash-file=board.bin&rtt=1s', `sim:${resolve('board.bin')}`],
])('%s is remembered as %s', (to, name) => {
  expect(rememberedAs(to)).toBe(name);
});

test('what this host has flashed onto a board with a flash file is updated by differences', async () => {
  const to = `sim:?rtt=100ms&baud=9600&flash-file=${join(folder, 'board.bin')}`;
  const imagePath = join(folder, 'fw.bin');
  const content = sampleContent(0x8000, 3);
  const chosenWay = async (): Promise<string | undefined> => {
    writeFileSync(imagePath, content);
    const { outcome, details } = await flash({ imagePath, to, events: () => undefined });
    expect(outcome).toBe('flashed');
    return details.ways?.find(({ isChosen }) => isChosen)?.name;
  };
  expect(await chosenWay()).toBe('compressed');
  content.fill(7, 0x4000, 0x4040);
  expect(await chosenWay()).toBe('delta');
});
