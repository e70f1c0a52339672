/** Flash → file, over lines that lose, turn over and cut; the flash array is the judge. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { JobEvent } from '../../host/events.js';
import type { ReadOptions, ReadReport } from '../../host/flash-options.js';
import { decodeImage } from '../../host/image/read-image.js';
import { lineTimeMs } from '../../host/link/line-settings.js';
import { read } from '../../host/read.js';
import { garbage } from './virtual-board.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-read-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const flashFile = join(folder, 'flash.raw');
const SECTOR = 0x2_0000;
const FIRST = 0x0800_0000;
const BANK2 = 0x0810_0000;
const LINE = { baudRate: 921_600, parity: 'even', stopBits: 1 } as const;

/** Somebody's data in 1 MiB of flash: two banks with a hole between them, most of them blank. */
function content(): Uint8Array {
  const bytes = new Uint8Array(8 * SECTOR).fill(0xff);
  for (const [from, to] of [[0, SECTOR / 2], [4 * SECTOR - 5000, 4 * SECTOR + 0x5000], [5 * SECTOR - 100, 5 * SECTOR + 1], [8 * SECTOR - 300, 8 * SECTOR]] as const) {
    bytes.set(garbage(to - from, from + 1), from);
  }
  return bytes;
}

async function readFrom(name: string, query: string, options: Partial<ReadOptions> = {}) {
  writeFileSync(flashFile, content());
  const events: JobEvent[] = [];
  const filePath = join(folder, name);
  const to = `sim:?chip=STM32H743xG&baud=921600&flash-file=${flashFile}&${query}`;
  const report: ReadReport = await read({ to, filePath, events: (event) => events.push(event), ...options });
  expect(Buffer.compare(readFileSync(flashFile), content())).toBe(0);
  return { report, events, file: new Uint8Array(readFileSync(filePath)) };
}

const range = (address: number, lengthBytes: number) => ({ range: { address, lengthBytes } });

describe('what is read', () => {
  test('is the whole flash, raw, 0xFF in the hole between the banks', async () => {
    const { report, file } = await readFrom('whole.bin', 'rtt=100ms');
    expect(file.length).toBe(BANK2 + 4 * SECTOR - FIRST);
    expect(Buffer.compare(file.subarray(0, 4 * SECTOR), content().subarray(0, 4 * SECTOR))).toBe(0);
    expect(Buffer.compare(file.subarray(BANK2 - FIRST), content().subarray(4 * SECTOR))).toBe(0);
    expect(file.subarray(4 * SECTOR, BANK2 - FIRST).every((byte) => byte === 0xff)).toBe(true);
    expect(report).toMatchObject({ outcome: 'read', details: { flash: 'untouched', reached: 'reset' } });
    expect(report.text).toContain(`${8 * SECTOR} bytes`);
  });

  test('is Intel HEX where the name says so, without the hole', async () => {
    const { file } = await readFrom('whole.hex', 'rtt=20ms');
    const { segments } = decodeImage('whole.hex', file);
    expect(segments.map(({ address, bytes }) => [address, bytes.length])).toEqual([[FIRST, 4 * SECTOR], [BANK2, 4 * SECTOR]]);
    expect(Buffer.compare(Buffer.concat(segments.map(({ bytes }) => bytes)), content())).toBe(0);
  });

  test.each([[FIRST + 3, 1], [FIRST + 4090, 5000], [BANK2 + 777, SECTOR]])('is a range from 0x%s on, whatever its borders', async (address, lengthBytes) => {
    const { file } = await readFrom('range.bin', '', range(address, lengthBytes));
    const at = address < BANK2 ? address - FIRST : 4 * SECTOR + address - BANK2;
    expect(Buffer.compare(file, content().subarray(at, at + lengthBytes))).toBe(0);
  });

  test.each(['STM32H723xG', 'STM32H7A3xG'])('is right on %s', async (chip) => {
    const { file } = await readFrom('other.bin', `chip=${chip}`, { ...range(FIRST + 1000, 3 * 0x2000), chip });
    expect(Buffer.compare(file, content().subarray(1000, 1000 + 3 * 0x2000))).toBe(0);
  });

  test('crosses the line once, at its rate, whatever the distance; what is erased does not', async () => {
    const secondsOf = async (rtt: string) => (await readFrom('timed.bin', `rtt=${rtt}`, range(FIRST, SECTOR))).report.details;
    const [near, far] = [await secondsOf('1ms'), await secondsOf('600ms')];
    const lineSeconds = lineTimeMs(SECTOR / 2, LINE) / 1000;
    expect(near.phases.stream! / lineSeconds).toBeLessThan(1.1);
    // The digests of the blocks, and the content: a round trip each.
    expect(far.phases.stream! - near.phases.stream!).toBeLessThan(2.2 * 0.6);
  });
});

describe('over', () => {
  test.each([
    ['a line that loses bytes', 'rtt=100ms&fault=lose=0.02'],
    ['a line that turns bits over', 'rtt=100ms&fault=flip=0.05'],
    ['a network that loses, doubles and reorders datagrams', 'transport=udp&rtt=300ms&fault=udp-loss=2,udp-duplicate=1,udp-reorder=8&tolerate=usart-overrun'],
    ['a connection that is reset on the way', 'rtt=100ms&fault=reset=20000'],
    ['a geostationary satellite', 'profile=geo-vsat'],
  ])('%s nothing changes', async (_, query) => {
    const { file } = await readFrom('hard.bin', query, range(BANK2, SECTOR));
    expect(Buffer.compare(file, content().subarray(4 * SECTOR, 5 * SECTOR))).toBe(0);
  });
});

describe('what cannot be read', () => {
  test.each([[FIRST + 4 * SECTOR, 16], [FIRST + 4 * SECTOR - 1, 2], [0x0000_0000, 4]])('0x%s is no flash, or in the hole: refused, and nothing is left behind', async (address, lengthBytes) => {
    await expect(readFrom('none.bin', '', range(address, lengthBytes))).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('no flash at') as string });
    expect(readdirSync(folder).filter((name) => name.startsWith('none'))).toEqual([]);
  });

  test('a file that cannot be written is found before anything is opened', async () => {
    const to = 'tcp://127.0.0.1:1';
    await expect(read({ to, filePath: join(folder, 'no', 'folder.bin'), events: () => undefined })).rejects.toMatchObject({ kind: 'usage' });
  });
});
