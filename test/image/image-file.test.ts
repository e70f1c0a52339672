import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { hexText } from '../../host/image/hex-text.js';
import { beginImageFile } from '../../host/image/image-file.js';
import { decodeImage } from '../../host/image/read-image.js';
import { hexLines, END_RECORD } from './hex-writer.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-image-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
const noise = (lengthBytes: number, seed: number) => new Random(seed).fill(new Uint8Array(lengthBytes));

describe('Intel HEX', () => {
  test.each([[0x0800_0000, 100], [0x0800_fff9, 0x1_0020], [0x0810_0003, 1]])('from 0x%s on is what another writer makes of it', (address, lengthBytes) => {
    const bytes = noise(lengthBytes, lengthBytes);
    expect(hexText([{ address, bytes }])).toBe(`${[...hexLines(address, bytes), END_RECORD].join('\n')}\n`);
  });

  test('of segments reads back as the same segments', () => {
    const segments = [{ address: 0x0800_0000, bytes: noise(70_000, 1) }, { address: 0x0810_0000, bytes: noise(33, 2) }];
    expect(decodeImage('a.hex', Buffer.from(hexText(segments))).segments).toEqual(segments);
  });
});

describe('an image file', () => {
  const path = join(folder, 'fw.bin');

  test('takes the place of what is there only when it is whole', () => {
    writeFileSync(path, 'old');
    const file = beginImageFile(path);
    expect(readFileSync(path, 'utf8')).toBe('old');
    file.write([{ address: 10, bytes: Uint8Array.of(1, 2) }, { address: 14, bytes: Uint8Array.of(3) }]);
    file.end();
    expect([...readFileSync(path)]).toEqual([1, 2, 0xff, 0xff, 3]);
    expect(readdirSync(folder)).toEqual(['fw.bin']);
  });

  test('that is given up leaves nothing, and what was there', () => {
    beginImageFile(path).end();
    beginImageFile(join(folder, 'new.hex')).end();
    expect(readdirSync(folder)).toEqual(['fw.bin']);
    expect(readFileSync(path)).toHaveLength(5);
  });

  test('may be what is no file', () => {
    const file = beginImageFile('/dev/null');
    file.write([{ address: 0, bytes: noise(3, 3) }]);
    file.end();
  });

  test('that cannot be written is refused at once', () => {
    expect(() => beginImageFile(join(folder, 'no', 'fw.bin'))).toThrow(/cannot be written: it does not exist, or its folder does not/);
  });
});
