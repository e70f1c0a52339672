import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { MissingContent } from '../../host/session/missing-content.js';

const RANGES = [{ address: 1000, length: 500 }, { address: 3000, length: 40 }];
const flash = new Random(1).fill(new Uint8Array(4000));
const at = (address: number, length: number) => flash.subarray(address, address + length);

describe('missing content', () => {
  test('comes in pieces, in any order, twice, and with what was not asked for around it', () => {
    const random = new Random(2);
    const wanted = new MissingContent(RANGES);
    for (let piece = 0; wanted.missingBytes > 0; piece++) {
      expect(piece).toBeLessThan(2000);
      const address = 900 + random.below(2200);
      wanted.add(address, at(address, 1 + random.below(60)));
    }
    expect(wanted.content.map(({ address, bytes }) => [address, Buffer.compare(bytes, at(address, bytes.length))])).toEqual([[1000, 0], [3000, 0]]);
    expect(wanted.missing).toEqual([]);
  });

  test('is told as runs in order', () => {
    const wanted = new MissingContent(RANGES);
    wanted.add(1100, at(1100, 50));
    wanted.add(2990, at(2990, 20));
    expect(wanted.missing).toEqual([{ address: 1000, length: 100 }, { address: 1150, length: 350 }, { address: 3010, length: 30 }]);
    expect(wanted.missingBytes).toBe(480);
  });

  test('that nobody waits for any more reads as erased', () => {
    const wanted = new MissingContent(RANGES);
    wanted.forget(3000, 40);
    wanted.add(1000, at(1000, 500));
    expect(wanted.missingBytes).toBe(0);
    expect(wanted.content[1]!.bytes.every((byte) => byte === 0xff)).toBe(true);
  });
});
