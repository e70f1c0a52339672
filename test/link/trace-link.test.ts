import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { traceLink, traceLinkToFile } from '../../host/link/trace-link.js';
import { ScriptedLink } from './scripted-link.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stage-flash-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('every message is one line with its time, direction, length and bytes; empty answers leave none', async () => {
  const lines: string[] = [];
  const link = new ScriptedLink({ roundTripMs: 600 });
  link.farEnd = (_bytes, atMs) => link.answer([0x79], atMs);
  const traced = traceLink(link, (line) => lines.push(line));
  await traced.send(Uint8Array.of(0x02, 0xfd));
  expect(await traced.receive(100)).toHaveLength(0);
  expect([...(await traced.receive(10_000))]).toEqual([0x79]);
  expect(lines).toEqual([
    '# scripted, 115200 baud, even parity, 1 stop bits; seconds, > sent < received, byte count, bytes',
    '0.000000 > 2 02fd',
    '0.600286 < 1 79',
  ]);
});

test('a failure is written down and passed on', async () => {
  const lines: string[] = [];
  const link = new ScriptedLink();
  link.receive = () => Promise.reject(new Error('gone'));
  await expect(traceLink(link, (line) => lines.push(line)).receive(1)).rejects.toThrow('gone');
  expect(lines.at(-1)).toBe('0.000000 ! gone');
});

test('the file is complete as soon as a message has passed, and closed with the link', async () => {
  const path = join(folder, 'trace.log');
  const link = new ScriptedLink();
  const traced = traceLinkToFile(link, path);
  await traced.send(Uint8Array.of(0x7f));
  expect(readFileSync(path, 'utf8')).toMatch(/^# scripted.*\n0\.000000 > 1 7f\n$/);
  await traced.close();
  await traced.close();
  expect(link.closed).toBe(true);
});

test('a file that cannot be created is a usage error', () => {
  expect(() => traceLinkToFile(new ScriptedLink(), join(folder, 'missing', 'trace.log'))).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining('its folder does not') as string }));
});

test.skipIf(!existsSync('/dev/full'))('a full disk is found when the file is begun', () => {
  expect(() => traceLinkToFile(new ScriptedLink(), '/dev/full')).toThrow(expect.objectContaining({ kind: 'usage', message: 'the trace file /dev/full cannot be written: the disk is full' }));
});

test('a file that cannot be written any more ends the trace with one warning, and not the job', async () => {
  const path = join(folder, 'trace.log');
  const warnings: string[] = [];
  const traced = traceLinkToFile(new ScriptedLink(), path, (text) => warnings.push(text));
  rmSync(path);
  mkdirSync(path);
  await traced.send(Uint8Array.of(0x7f));
  await traced.send(Uint8Array.of(0x7f));
  expect(warnings).toEqual([`The trace ends here: ${path} cannot be written (it is a folder).`]);
});
