import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { newToken } from '../../host/protocol/token.js';

describe('a session token', () => {
  const random = new Random(5);
  const tokens = Array.from({ length: 5000 }, () => newToken(() => random.below(256)));
  const bytesOf = (token: number): number[] => [...new Uint8Array(Uint32Array.of(token).buffer)];

  test('has four different bytes, so that no shifted copy of it looks like it', () => {
    expect(tokens.every((token) => new Set(bytesOf(token)).size === 4)).toBe(true);
  });

  test.each([0x7f, 0x79, 0x1f, 0x11, 0x13, 0x10, 0xff, 0x55, 0xaa, 0x00, 0x0a, 0x0d])('never contains %i', (byte) => {
    expect(tokens.some((token) => bytesOf(token).includes(byte))).toBe(false);
  });

  test('is another one each time', () => {
    expect(new Set(tokens).size).toBeGreaterThan(4990);
    expect(newToken()).not.toBe(newToken());
  });
});
