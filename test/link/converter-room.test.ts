import { describe, expect, test } from 'vitest';
import { ConverterRoom } from '../../host/link/converter-room.js';
import { AN3155_LINE } from '../../host/link/line-settings.js';

describe('the room in a converter', () => {
  test('is what the smallest converters have, until more is wanted', () => {
    expect(new ConverterRoom(AN3155_LINE).bytes).toBeLessThanOrEqual(512);
  });

  test.each([921_600, 2_000_000])('at %i is ten milliseconds of the line, and no more than common converters have', (baudRate) => {
    const { bytes } = new ConverterRoom({ ...AN3155_LINE, baudRate });
    expect(bytes).toBe(Math.min(960, Math.ceil(baudRate / 1100)));
  });

  test('grows while the line runs dry, up to what common converters have', () => {
    const room = new ConverterRoom(AN3155_LINE);
    for (let time = 0; time < 10; time++) room.ranDry();
    expect(room.bytes).toBe(960);
  });

  test('never grows again to where something was lost', () => {
    const room = new ConverterRoom(AN3155_LINE);
    room.ranDry();
    const lostAt = room.bytes;
    room.overflowed();
    expect(room.bytes).toBeLessThan(lostAt);
    for (let time = 0; time < 10; time++) room.ranDry();
    expect(room.bytes).toBeLessThan(lostAt);
  });

  test('when it is small already and bytes still get lost, the pace gives in, and recovers', () => {
    const room = new ConverterRoom(AN3155_LINE);
    for (let time = 0; time < 5; time++) room.overflowed();
    expect(room.pace).toBeLessThan(0.7);
    const slow = room.pace;
    room.ranDry();
    expect(room.bytes).toBe(128);
    room.flowed();
    expect(room.pace).toBeGreaterThan(slow);
    for (let time = 0; time < 50; time++) room.flowed();
    expect(room.pace).toBe(1);
  });

  test('is tried with less where nothing came through, at the pace of the line', () => {
    const room = new ConverterRoom(AN3155_LINE);
    for (let time = 0; time < 5; time++) room.mayHaveOverflowed();
    expect([room.bytes, room.pace]).toEqual([128, 1]);
  });

  test('is never without anything', () => {
    const room = new ConverterRoom(AN3155_LINE);
    for (let time = 0; time < 50; time++) room.overflowed();
    expect([room.bytes, room.pace]).toEqual([128, 1 / 16]);
  });
});
