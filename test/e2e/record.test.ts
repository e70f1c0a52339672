/** The record of a job, as a script reads it: README.md names every field, and nothing else comes out. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../host/cli/program.js';
import { flash } from '../../host/flash.js';
import { WIRE_VERSION } from '../../host/protocol/wire.js';
import { NO_CONTEXT } from '../cli/context.js';
import { garbage } from './virtual-board.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const imagePath = join(folder, 'fw.bin');
const content = garbage(20_000, 7);
writeFileSync(imagePath, content);
const path = join(folder, 'record.json');

type Json = { readonly [key: string]: Json | string | number };

async function run(...more: readonly string[]): Promise<{ exitCode: number; record: Json; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', ''];
  const exitCode = await runProgram([imagePath, '--report', path, ...more], {
    ...NO_CONTEXT,
    stdout: { write: (text) => void (stdout += text), columns: undefined },
    stderr: { write: (text) => void (stderr += text), columns: undefined },
    flash,
  });
  return { exitCode, record: JSON.parse(readFileSync(path, 'utf8')) as Json, stdout, stderr };
}

/** `details.link.sentBytes`; a list is one field, and so are the phases. */
function fieldsOf(value: Json, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) => (typeof inner === 'object' && !Array.isArray(inner) ? fieldsOf(inner, `${prefix}${key}.`) : [`${prefix}${key}`.replace(/^details\.phases\..*/, 'details.phases.*')]));
}

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const table = README.slice(README.indexOf('<!-- record:begin -->'), README.indexOf('<!-- record:end -->'));
const documented = new Set(table.split('\n').filter((line) => line.startsWith('| `')).flatMap((line) => Array.from(line.split('|')[1]!.matchAll(/`([^`]+)`/g), ([, field]) => field!)));

describe('the record', () => {
  test('of a flashed board has every field that README.md names but those of an error, of --expect and of --avoid-xonxoff, and no other', async () => {
    const { exitCode, record } = await run('--to', 'sim:?rtt=100ms');
    expect(exitCode).toBe(0);
    const expected = [...documented].filter((field) => !/^error\.|^details\.application\.|avoidsXonXoff/.test(field));
    expect([...new Set(fieldsOf(record))].sort()).toEqual(expected.sort());
    expect(record).toMatchObject({
      type: 'report', command: 'flash', version: '1.2.3', outcome: 'flashed', exitCode: 0,
      details: {
        flash: 'proven', reached: 'reset', image: { lengthBytes: 20_000, fileSha256: createHash('sha256').update(content).digest('hex') },
        sectors: { touched: 1, written: 1, skipped: 0, erased: 1 }, reconnects: 0, repeatedBytes: 0, discardedBytes: 0, stub: { wireVersion: WIRE_VERSION },
      },
    });
  });

  test('adds up: the phases make the whole, the line cannot carry more than it can, the board hears what is sent', async () => {
    const { details } = (await run('--to', 'sim:?rtt=100ms')).record as { details: { seconds: number; phases: Record<string, number>; link: { sentBytes: number }; board: { receivedBytes: number }; goodputBytesPerSecond: number; roundTrip: Record<string, number> } };
    expect(Object.values(details.phases).reduce((sum, seconds) => sum + seconds, 0)).toBeCloseTo(details.seconds, 1);
    expect(details.link.sentBytes).toBeGreaterThan(20_000);
    expect(details.board.receivedBytes).toBeGreaterThan(20_000);
    expect(details.board.receivedBytes).toBeLessThan(details.link.sentBytes);
    expect(details.goodputBytesPerSecond).toBeLessThan(115_200 / 11);
    expect(details.roundTrip['minMs']).toBeGreaterThanOrEqual(100);
    expect(details.roundTrip['minMs']).toBeLessThanOrEqual(details.roundTrip['maxMs']!);
  });

  test.each([
    ['that is refused', ['--to', 'sim:?chip=STM32H743xI', '--chip', 'STM32H750xB'], 4, { reached: 'survey', flash: 'untouched' }],
    ['whose board is reset in the stream', ['--to', 'sim:?rtt=20ms&fault=board-reset=3s'], 5, { reached: 'stream', flash: 'unfinished' }],
    ['that finds no board', ['--to', 'sim:?boot0=low&tolerate=all'], 6, { reached: 'bootloader', flash: 'untouched' }],
    ['whose image is wrong', ['--to', 'sim:', '--address', '0x90000000'], 3, { reached: 'image', flash: 'untouched' }],
  ] as const)('of a job %s says how far it came, with no field that README.md does not name', async (_, more, exitCode, details) => {
    const run1 = await run(...more);
    expect(run1.exitCode).toBe(exitCode);
    expect(run1.record).toMatchObject({ outcome: 'failed', exitCode, details });
    expect(fieldsOf(run1.record).filter((field) => !documented.has(field))).toEqual([]);
    expect(run1.stderr).toContain((run1.record['error'] as Json)['message']);
  });

  test('is the last line of --json, and all other lines are JSON too, with nothing on stderr', async () => {
    const { record, stdout, stderr } = await run('--to', 'sim:', '--json');
    const lines = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Json);
    expect(lines.at(-1)).toEqual(record);
    expect(stderr).toBe('');
  });

  test('that cannot be written is found before anything is done', async () => {
    const { exitCode, stderr } = await run('--to', 'sim:', '--report', join(folder, 'nowhere', 'r.json'));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: .*r\.json cannot be written: .*\nhint: .*\n$/);
  });

  test('is never written over the image', async () => {
    expect((await run('--to', 'sim:', '--report', imagePath)).exitCode).toBe(2);
    expect(new Uint8Array(readFileSync(imagePath))).toEqual(content);
  });
});
