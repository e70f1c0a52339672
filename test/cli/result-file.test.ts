import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { beginResultFile } from '../../host/cli/result-file.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inFolder = (name: string): string => join(folder, name);
const usage = (message: RegExp) => expect.objectContaining({ kind: 'usage', exitCode: 2, message: expect.stringMatching(message) as string }) as Error;

test('holds its first value until there is a result', () => {
  const file = beginResultFile(inFolder('new.json'), { outcome: 'unfinished' });
  expect(JSON.parse(readFileSync(inFolder('new.json'), 'utf8'))).toEqual({ outcome: 'unfinished' });
  file.write({ outcome: 'flashed' });
  expect(JSON.parse(readFileSync(inFolder('new.json'), 'utf8'))).toEqual({ outcome: 'flashed' });
});

test('takes the place of an earlier result and of an empty file', () => {
  for (const content of ['{"outcome":"failed"}', '']) {
    writeFileSync(inFolder('old.json'), content);
    beginResultFile(inFolder('old.json'), { outcome: 'unfinished' });
    expect(readFileSync(inFolder('old.json'), 'utf8')).toContain('unfinished');
  }
});

test('never takes the place of anything else', () => {
  writeFileSync(inFolder('fw.hex'), ':00000001FF\n');
  expect(() => beginResultFile(inFolder('fw.hex'), {})).toThrow(usage(/fw\.hex exists and holds no JSON/));
  expect(readFileSync(inFolder('fw.hex'), 'utf8')).toBe(':00000001FF\n');
});

test('a path that cannot be written is found at the beginning', () => {
  expect(() => beginResultFile(join(folder, 'nowhere', 'r.json'), {})).toThrow(usage(/r\.json cannot be written: .*its folder does not/));
  expect(() => beginResultFile(folder, {})).toThrow(usage(/cannot be written: it is a folder/));
});

test.skipIf(!existsSync('/dev/full'))('so is a full disk', () => {
  expect(() => beginResultFile('/dev/full', {})).toThrow(usage(/\/dev\/full cannot be written: the disk is full/));
});

test('a folder that has gone since is an error of its own', () => {
  const path = inFolder('going/r.json');
  writeFileSync(inFolder('gone.json'), '');
  expect(() => beginResultFile(path, {})).toThrow(usage(/cannot be written/));
  const file = beginResultFile(inFolder('gone.json'), {});
  rmSync(folder, { recursive: true });
  expect(() => file.write({})).toThrow(expect.objectContaining({ kind: 'output', exitCode: 1 }) as Error);
});
