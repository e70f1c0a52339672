import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageLengthBytes } from '../../host/image/image.js';
import { checkImage } from '../../host/image/check-image.js';
import { decodeImage, readImage } from '../../host/image/read-image.js';
import { END_RECORD, hexLines } from './hex-writer.js';

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const hexText = [...hexLines(0x0804_0000, Uint8Array.of(1, 2, 3)), END_RECORD, ''].join('\n');

describe('the format', () => {
  test('Intel HEX is recognised whatever the file is called', () => {
    expect(decodeImage('fw.bin', latin1(hexText))).toMatchObject({ format: 'Intel HEX', segments: [{ address: 0x0804_0000 }] });
  });

  test('any other bytes are a raw binary at the beginning of flash', () => {
    const bytes = Uint8Array.of(0x3a, 0, 0, 0x20);
    expect(decodeImage('fw.bin', bytes)).toMatchObject({ source: 'fw.bin', format: 'raw binary', segments: [{ address: 0x0800_0000, bytes }] });
  });

  test('a raw binary goes where --address says', () => {
    expect(decodeImage('a/b/fw.bin', Uint8Array.of(1), { address: 0x0802_0000 }).segments[0]?.address).toBe(0x0802_0000);
  });

  test('a file named .hex that begins with garbage is an error in line 1, not a raw binary', () => {
    expect(() => decodeImage('fw.hex', latin1('garbage\n'))).toThrow('fw.hex, line 1: starts with "g"');
  });

  test('an address for a file that has its own is a usage error', () => {
    expect(() => decodeImage('fw.hex', latin1(hexText), { address: 0 })).toThrow(expect.objectContaining({ kind: 'usage' }));
  });

  test.each([
    ['ELF', '\x7fELF\x01\x01'],
    ['DfuSe', 'DfuSe\x01'],
    ['UF2', 'UF2\nWQ]\x9e'],
    ['S-record', 'S00600004844521B\r\n'],
  ])('%s is refused, never flashed as raw bytes', (name, text) => {
    expect(() => decodeImage('fw.bin', latin1(text))).toThrow(name);
  });

  test.each(['fw.bin', 'fw.hex'])('an empty %s holds no bytes', (name) => {
    expect(() => decodeImage(name, new Uint8Array())).toThrow(`${name} holds no bytes`);
  });
});

describe('the file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stage-flash-test-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('is read', async () => {
    await writeFile(join(folder, 'fw.hex'), hexText);
    expect(await readImage(join(folder, 'fw.hex'))).toMatchObject({ source: 'fw.hex', segments: [{ address: 0x0804_0000, bytes: Uint8Array.of(1, 2, 3) }] });
  });

  test('that is missing, or is a folder, is named', async () => {
    await expect(readImage(join(folder, 'none.bin'))).rejects.toThrow(`${join(folder, 'none.bin')} does not exist`);
    await expect(readImage(folder)).rejects.toThrow(`${folder} is not a file`);
  });
});

const firmware = fileURLToPath(new URL('../../../shared/firmware/', import.meta.url));
const published = existsSync(firmware);
if (!published) console.warn(`skipped: the published firmware is not at ${firmware}`);

describe.skipIf(!published)('published firmware', () => {
  test.each([
    ['giga_bootloader_2segments.hex', [[0x0800_0000, 126_987], [0x0801_f00c, 1056]]],
    ['weact_sdtest_2segments.hex', [[0x0800_0000, 14_532], [0x0810_0000, 14_140]]],
    ['portenta_bootloader_v24.bin', [[0x0800_0000, 128_788]]],
  ])('%s has the segments that its notes name', async (name, wanted) => {
    const image = await readImage(join(firmware, name));
    expect(image.segments.map(({ address, bytes }) => [address, bytes.length])).toEqual(wanted);
    expect(checkImage(image)).toEqual([]);
  });

  test('a hex file and objcopy agree on every byte', async () => {
    // sha256 of `arm-none-eabi-objcopy -I ihex -O binary weact_dcmi2lcd.hex` (binutils 2.40).
    const image = await readImage(join(firmware, 'weact_dcmi2lcd.hex'));
    expect(image.segments).toHaveLength(1);
    expect(imageLengthBytes(image)).toBe(95_616);
    expect(createHash('sha256').update(image.segments[0]?.bytes ?? '').digest('hex')).toBe('13b34a0a0d07cd61e284b7d1d20782ec57002c698714aeea28ac80c4047c44c0');
  });
});
