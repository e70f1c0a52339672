/** Real firmware, from the file to the flash of a board that held something else; compared outside of the tool, in the board's flash file. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { flash } from '../../host/flash.js';
import type { Report } from '../../host/flash-options.js';
import { hexLines, END_RECORD } from '../image/hex-writer.js';
import { firstDifference, garbage } from './virtual-board.js';

const FLASH_BYTES = 2 * 2 ** 20;
const SECTOR_BYTES = 128 * 1024;
const FIRST = 0x0800_0000;
const firmware = fileURLToPath(new URL('../../../shared/firmware/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'stage-flash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Flashes a file onto a board with this flash file, as `stage-flash FILE --to sim:?flash-file=…` does. */
async function flashFile(imagePath: string, flashFilePath: string, query = ''): Promise<Report> {
  return flash({ imagePath, to: `sim:?rtt=100ms&baud=460800&flash-file=${encodeURIComponent(flashFilePath)}&${query}`, events: () => {} });
}

/** A board's flash file full of another life. */
function usedFlash(name: string, seed: number): string {
  const path = join(folder, name);
  writeFileSync(path, garbage(FLASH_BYTES, seed));
  return path;
}

/** Every byte that a HEX file names, by address; types 00 and 04 only, as linkers write them. */
function bytesOfHex(text: string): Map<number, number> {
  const bytes = new Map<number, number>();
  let base = 0;
  for (const line of text.split(/\r?\n/).filter((one) => one.startsWith(':'))) {
    const record = Buffer.from(line.slice(1), 'hex');
    const [count, high, low, type] = record as unknown as [number, number, number, number];
    if (type === 4) base = record.readUInt16BE(4) * 0x1_0000;
    if (type === 0) for (let at = 0; at < count; at++) bytes.set(base + high * 256 + low + at, record[4 + at]!);
  }
  return bytes;
}

/** The flash file as it must be: the image, and all else as it was. */
function expectedFlash(before: Uint8Array, bytes: ReadonlyMap<number, number>): Uint8Array {
  const after = Uint8Array.from(before);
  for (const [address, byte] of bytes) after[address - FIRST] = byte;
  return after;
}

const bytesOfBinary = (content: Uint8Array): Map<number, number> => new Map(Array.from(content, (byte, at) => [FIRST + at, byte]));

const FILES = ['openmv4_20190927.bin', 'weact_sdtest_2segments.hex'];
const missing = FILES.filter((name) => !existsSync(join(firmware, name)));
if (missing.length > 0) console.warn(`SKIPPED: ../shared/firmware lacks ${missing.join(', ')}: real firmware was not flashed`);

describe.skipIf(missing.length > 0)('real firmware', () => {
  test('1.6 MB of raw binary across both banks', { timeout: 120_000 }, async () => {
    const path = usedFlash('openmv.flash', 1);
    const before = readFileSync(path);
    const imagePath = join(firmware, 'openmv4_20190927.bin');
    expect((await flashFile(imagePath, path)).outcome).toBe('flashed');
    expect(firstDifference(readFileSync(path), expectedFlash(before, bytesOfBinary(readFileSync(imagePath))))).toBeUndefined();
  });

  test('two segments 1 MiB apart, the hole between them untouched', async () => {
    const path = usedFlash('weact.flash', 2);
    const before = readFileSync(path);
    const imagePath = join(firmware, 'weact_sdtest_2segments.hex');
    const bytes = bytesOfHex(readFileSync(imagePath, 'latin1'));
    expect((await flashFile(imagePath, path)).details.sectors).toEqual({ touched: 2, written: 2, skipped: 0, erased: 2 });
    const after = readFileSync(path);
    expect(firstDifference(after, expectedFlash(before, bytes))).toBeUndefined();
    expect(firstDifference(after.subarray(SECTOR_BYTES, 2 ** 20), before.subarray(SECTOR_BYTES, 2 ** 20))).toBeUndefined();
    // The board's next life begins with what the file holds: nothing is written again.
    expect((await flashFile(imagePath, path)).outcome).toBe('unchanged');
    expect(firstDifference(readFileSync(path), after)).toBeUndefined();
  });
});

test('a HEX file whose segments share a flash word and lie in both banks', async () => {
  const path = usedFlash('made.flash', 3);
  const before = readFileSync(path);
  const imagePath = join(folder, 'made.hex');
  const content = garbage(300, 4);
  const lines = [hexLines(FIRST, content.subarray(0, 41)), hexLines(FIRST + 50, content.subarray(50, 120)), hexLines(FIRST + 0x10_0004, content.subarray(200))];
  writeFileSync(imagePath, `${[...lines.flat(), END_RECORD].join('\r\n')}\r\n`);
  expect((await flashFile(imagePath, path)).outcome).toBe('flashed');
  expect(firstDifference(readFileSync(path), expectedFlash(before, bytesOfHex(readFileSync(imagePath, 'latin1'))))).toBeUndefined();
});

test('a raw binary where --address says', async () => {
  const path = usedFlash('address.flash', 5);
  const before = readFileSync(path);
  const imagePath = join(folder, 'address.bin');
  writeFileSync(imagePath, garbage(1000, 6));
  await flash({ imagePath, to: `sim:?flash-file=${encodeURIComponent(path)}`, address: FIRST + 0x4_0000, events: () => {} });
  const bytes = new Map(Array.from(garbage(1000, 6), (byte, at) => [FIRST + 0x4_0000 + at, byte] as const));
  expect(firstDifference(readFileSync(path), expectedFlash(before, bytes))).toBeUndefined();
});
