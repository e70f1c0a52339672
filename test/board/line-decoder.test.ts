import { describe, expect, it } from 'vitest';
import { LineDecoder } from '../../host/board/line-decoder.js';
import type { Character } from '../../host/board/line-decoder.js';
import { Random } from '../../host/board/random.js';
import { characterTicks } from '../../host/board/serial-line.js';
import type { LineSettings } from '../../host/link/line-settings.js';
import { AN3155_LINE } from '../../host/link/line-settings.js';

const FORMAT_8N1: LineSettings = { ...AN3155_LINE, parity: 'none' };

function decode(receiver: LineSettings, sender: LineSettings, bytes: readonly number[], gapTicks = 0): Character[] {
  const decoder = new LineDecoder(receiver);
  const character = characterTicks(sender);
  if (gapTicks === 0) decoder.push({ bytes: Uint8Array.from(bytes), startTick: 1000, format: sender });
  else bytes.forEach((byte, at) => decoder.push({ bytes: Uint8Array.of(byte), startTick: 1000 + at * (character + gapTicks), format: sender }));
  const characters: Character[] = [];
  for (let next = decoder.next(Infinity); next !== undefined; next = decoder.next(Infinity)) characters.push(next);
  return characters;
}

describe('line decoder', () => {
  it('passes every byte of a matching line, each at the end of its stop bit', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    const characters = decode(AN3155_LINE, { ...AN3155_LINE, baudRate: 64_000_000 / 556 }, bytes);
    expect(characters.map(({ byte }) => byte)).toEqual(bytes);
    expect(characters.some(({ error }) => error !== undefined)).toBe(false);
    expect(characters[9]?.endTick).toBeCloseTo(1000 + 10 * 11 * 556, 3);
  });

  it('passes every byte after a day of virtual time, too, where a tick has few binary places left', () => {
    const aDay = 24 * 3600 * 64e6;
    const bytes = Array.from({ length: 2000 }, (_, at) => (at * 31) & 0xff);
    for (const offset of [0, 1 / 3, 0.7]) {
      const decoder = new LineDecoder(AN3155_LINE, aDay);
      decoder.push({ bytes: Uint8Array.from(bytes), startTick: aDay + offset, format: AN3155_LINE });
      const heard: number[] = [];
      for (let next = decoder.next(Infinity); next !== undefined; next = decoder.next(Infinity)) heard.push(next.byte);
      expect(heard).toEqual(bytes);
    }
  });

  it('hands over no character before its stop bit has ended', () => {
    const decoder = new LineDecoder(AN3155_LINE);
    decoder.push({ bytes: Uint8Array.of(0x55, 0xaa), startTick: 0, format: AN3155_LINE });
    const character = characterTicks(AN3155_LINE);
    expect(decoder.next(character - 1)).toBeUndefined();
    expect(decoder.next(character)?.byte).toBe(0x55);
    expect(decoder.next(2 * character - 1)).toBeUndefined();
    expect(decoder.next(2 * character)?.byte).toBe(0xaa);
  });

  it('hears 0x7F of an 8N1 converter as the ROM expects it', () => {
    expect(decode(AN3155_LINE, FORMAT_8N1, [0x7f])).toMatchObject([{ byte: 0x7f }]);
    expect(decode(AN3155_LINE, FORMAT_8N1, [0x7f])[0]?.error).toBeUndefined();
  });

  it('flags bytes of even weight from an 8N1 converter even with gaps, and none of odd weight', () => {
    const gap = 11 * 556;
    expect(decode(AN3155_LINE, FORMAT_8N1, [0x00, 0xff], gap).map(({ error }) => error)).toEqual(['parity', 'parity']);
    expect(decode(AN3155_LINE, FORMAT_8N1, [0x02, 0xfd], gap).map(({ error }) => error)).toEqual([undefined, undefined]);
  });

  it('loses bytes that an 8N1 converter sends back to back', () => {
    const characters = decode(AN3155_LINE, FORMAT_8N1, [0x02, 0xfd]);
    const unharmed = characters.filter(({ error }) => error === undefined).map(({ byte }) => byte);
    expect(unharmed).not.toEqual([0x02, 0xfd]);
  });

  it('garbles a line of half or double its rate', () => {
    const bytes = [0x31, 0xce, 0x20, 0x00, 0x41, 0x00];
    for (const baudRate of [57_600, 230_400]) {
      expect(decode(AN3155_LINE, { ...AN3155_LINE, baudRate }, bytes).map(({ byte }) => byte)).not.toEqual(bytes);
    }
  });

  it('falls back into step after a garbled stretch as soon as the line rests', () => {
    const decoder = new LineDecoder(AN3155_LINE);
    decoder.push({ bytes: new Random(3).fill(new Uint8Array(50)), startTick: 0, format: { ...AN3155_LINE, baudRate: 9600 } });
    while (decoder.next(Infinity) !== undefined);
    decoder.push({ bytes: Uint8Array.of(0x12, 0x34), startTick: 64_000_000, format: AN3155_LINE });
    expect([decoder.next(Infinity)?.byte, decoder.next(Infinity)?.byte]).toEqual([0x12, 0x34]);
  });
});
