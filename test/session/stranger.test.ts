import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { lastOf, whoSpeaks } from '../../host/session/stranger.js';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

describe('who speaks in the place of the stub', () => {
  test.each([
    ['an application', '\x00\xc5\x3a\x82boot ok\r\nlogin: ', 'something else talks: “boot ok login:”'],
    ['a ROM bootloader', `login${'\x1f'.repeat(48)}`, 'a ROM bootloader refuses what was meant for it (by bytes 0x1F)'],
    ['a ROM bootloader at another bit rate', '\xe7'.repeat(64), 'a ROM bootloader refuses what was meant for it (by bytes 0xE7)'],
  ])('%s', (_, line, who) => {
    expect(whoSpeaks(bytes(line))).toBe(who);
  });

  test.each([
    ['nothing', ''],
    ['a wire that is broken', '\x00'.repeat(64)],
    ['a wire that is idle', '\xff'.repeat(64)],
    ['a few bytes that could be text', '\x82\x03boot'],
    ['a frame of zeros that is masked and cut off', `\xc5\x3a\x82${'\x03'.repeat(20)}`],
    ['the same with a letter for a mask', `\xc5\x3a\x82${'M'.repeat(20)}`],
    ['refusals that are too few', `\x00${'\x1f'.repeat(47)}`],
    ['text with a frame behind it', 'boot ok, login:\xc5\x3a'],
  ])('is not told by %s', (_, line) => {
    expect(whoSpeaks(bytes(line))).toBeUndefined();
  });

  test('is not told by noise', () => {
    const random = new Random(3);
    const told = Array.from({ length: 10_000 }, () => whoSpeaks(random.fill(new Uint8Array(64)))).filter((who) => who !== undefined);
    // Eight printable bytes in a row by chance: (97/256)^8, four in ten thousand.
    expect(told.length).toBeLessThan(15);
  });
});

test('the last 64 bytes are kept, whatever the pieces', () => {
  const whole = Uint8Array.from({ length: 200 }, (_, index) => index);
  for (const piece of [1, 7, 63, 64, 65, 200]) {
    let kept = new Uint8Array(0);
    for (let at = 0; at < whole.length; at += piece) kept = lastOf(kept, whole.subarray(at, at + piece));
    expect([...kept]).toEqual([...whole.subarray(-64)]);
  }
});
