import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { H7_PARTS } from '../../host/device/h7-parts.js';
import { copyPlaces } from '../../host/plan/copy-places.js';
import { LIMITS } from '../../host/protocol/wire.js';

const [first, end, blockBytes] = [LIMITS.copiesAddress.value, LIMITS.copiesEnd.value, LIMITS.copyBytes.value];

test('copies lie behind the largest window', () => {
  const header = readFileSync(new URL('../../stub/memory.h', import.meta.url), 'utf8');
  const windowAddress = Number(/#define WINDOW_ADDRESS (0x[0-9A-F]+)u/.exec(header)?.[1]);
  expect(windowAddress + LIMITS.windowMostBytes.value).toBeLessThanOrEqual(first);
});

describe.each(H7_PARTS.map((part) => [part.name, part] as const))('%s', (_, part) => {
  test('has only places that the stub accepts, in RAM that is there', () => {
    for (const place of copyPlaces(part)) {
      expect(place).toBeGreaterThanOrEqual(first);
      expect(place).toBeLessThan(end);
      expect(place % blockBytes).toBe(0);
      expect(part.ram.some(({ base, lengthBytes }) => place >= base && place + blockBytes <= base + lengthBytes)).toBe(true);
    }
  });

  test('has no two places that the stub would keep under one number', () => {
    const numbers = copyPlaces(part).map((place) => (place / blockBytes) % 8);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});

test('H743 has four places, H742 one, H723 none', () => {
  const count = (name: string): number => copyPlaces(H7_PARTS.find((part) => part.name === name)!).length;
  expect([count('STM32H743xI'), count('STM32H742xI'), count('STM32H723xG')]).toEqual([4, 1, 0]);
});
