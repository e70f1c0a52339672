import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { crc32 } from '../../host/protocol/crc32.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('CRC-32', () => {
  test('has the check value that the catalogues give', () => {
    expect(crc32(ascii('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });

  test('agrees with zlib on random bytes of every length up to 100, whole and in two parts', () => {
    const random = new Random(1);
    for (let length = 0; length <= 100; length++) {
      const bytes = random.fill(new Uint8Array(length));
      const cut = random.below(length + 1);
      expect(crc32(bytes)).toBe(zlibCrc32(bytes));
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(zlibCrc32(bytes));
    }
  });
});
