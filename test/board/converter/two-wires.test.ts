/** One pair of wires: who speaks while the other does is not understood. */
import { describe, expect, test } from 'vitest';
import { TwoWires } from '../../../host/board/converter/two-wires.js';
import { Random } from '../../../host/board/random.js';
import { characterTicks, type LineRun } from '../../../host/board/serial-line.js';
import { AN3155_LINE } from '../../../host/link/line-settings.js';

const CHARACTER = characterTicks(AN3155_LINE);
const run = (startTick: number, bytes: readonly number[] = [1, 2, 3, 4]): LineRun => ({ bytes: Uint8Array.from(bytes), startTick, format: AN3155_LINE });

function line(isBoardSending = false, turnaroundTicks = CHARACTER): TwoWires {
  return new TwoWires({ turnaroundTicks, isBoardSending: () => isBoardSending, random: new Random(1) });
}

describe('what the converter says', () => {
  test('passes while the board is silent', () => {
    const wires = line();
    expect([...wires.toBoard(run(0)).bytes]).toEqual([1, 2, 3, 4]);
    expect(wires.collidedCharacters).toBe(0);
  });

  test('is garbage while the board sends, as long as it was and at its time', () => {
    const wires = line(true);
    const heard = wires.toBoard(run(500));
    expect([heard.bytes.length, heard.startTick]).toEqual([4, 500]);
    expect([...heard.bytes]).not.toEqual([1, 2, 3, 4]);
    expect(wires.collidedCharacters).toBe(4);
  });

  test('is garbage until the board’s transceiver has turned around', () => {
    const wires = line();
    wires.fromBoard(run(0, [9]));
    expect([...wires.toBoard(run(1.9 * CHARACTER)).bytes]).not.toEqual([1, 2, 3, 4]);
    expect([...wires.toBoard(run(2 * CHARACTER)).bytes]).toEqual([1, 2, 3, 4]);
  });
});

test('what the board says is not heard while the converter sends, nor until it has turned around', () => {
  const wires = line();
  wires.toBoard(run(0));
  const heard = [4.9, 5, 6].map((start) => wires.hears({ byte: 7, endTick: (start + 1) * CHARACTER }, CHARACTER));
  expect(heard).toEqual([false, true, true]);
  expect(wires.collidedCharacters).toBe(1);
});
