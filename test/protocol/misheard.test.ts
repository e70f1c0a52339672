import { describe, expect, test } from 'vitest';
import { LineWaveform } from '../../host/board/chip/usart-waveform.js';
import { LineDecoder } from '../../host/board/line-decoder.js';
import { Random } from '../../host/board/random.js';
import { findForbidden } from '../../host/protocol/forbidden-bytes.js';
import { isMisheard } from '../../host/protocol/misheard.js';
import { encodeFrame } from '../../host/protocol/frame.js';
import { maskBytes, unmask } from '../../host/protocol/masks.js';

const LINE = { baudRate: 115_200, parity: 'even', stopBits: 1 } as const;
const HARMFUL = [0x73, 0x82, 0x92];
const MEASURED_BITS = [6, 7, 8, 9, 10, 11, 12, 13, 14];
/** A reader that begins later is in step with one of these soon. */
const BEGINNINGS = 6;

/** Commands that the virtual board's receiver reads in `bytes` at the rates that a ROM bootloader may measure, from any of the first falling edges on. */
function heardCommands(bytes: Uint8Array): number[] {
  const run = { bytes, startTick: 0, format: LINE };
  const edges = new LineWaveform();
  edges.add(run);
  const found: number[] = [];
  for (const measured of MEASURED_BITS) {
    for (let from = 0, beginning = 0; beginning < BEGINNINGS; beginning++) {
      const fall = edges.nextEdge(from, 0)!;
      from = edges.nextEdge(fall.tick, 1)!.tick;
      const decoder = new LineDecoder({ ...LINE, baudRate: (LINE.baudRate * 8) / measured }, fall.tick);
      decoder.push(run);
      for (let last = -1; ; ) {
        const character = decoder.next(Infinity);
        if (character === undefined) break;
        const byte = character.error === undefined ? character.byte : -1;
        if (HARMFUL.includes(last) && byte === (last ^ 0xff)) found.push(last);
        last = byte;
      }
    }
  }
  return found;
}

const random = new Random(11);
const drawn = (lengthBytes: number): Uint8Array => Uint8Array.from({ length: lengthBytes }, () => random.below(256));

describe('what a reset board may take for a command', () => {
  test('is noticed wherever the virtual board\'s receiver reads one, at a rate measured on any byte', () => {
    let heard = 0;
    for (let round = 0; round < 60; round++) {
      const bytes = drawn(300);
      if (heardCommands(bytes).length === 0) continue;
      heard++;
      expect(isMisheard(bytes)).toBe(true);
    }
    expect(heard).toBeGreaterThan(0);
  });

  test('is in no frame', () => {
    for (let round = 0; round < 20; round++) {
      const bytes = encodeFrame({ type: 2, token: random.u32(), offset: random.u32(), payload: drawn(300) }, round % 2 === 0 ? 'one' : 'several');
      expect(isMisheard(bytes)).toBe(false);
      expect(heardCommands(bytes)).toEqual([]);
    }
  });

  test('is in no frame of full length either', () => {
    for (let round = 0; round < 40; round++) {
      expect(isMisheard(encodeFrame({ type: 2, token: random.u32(), offset: random.u32(), payload: drawn(4096) }))).toBe(false);
    }
  });

  test.each([[0x82, 0x7d], [0x92, 0x6d], [0x73, 0x8c]])('is %i %i at the rate of the line', (opcode, complement) => {
    expect(isMisheard(Uint8Array.of(0xff, opcode, complement))).toBe(true);
    expect(isMisheard(Uint8Array.of(0xff, opcode, complement ^ 1))).toBe(false);
  });

  test('is looked for from a given byte on', () => {
    expect(isMisheard(Uint8Array.of(0x82, 0x7d, 0, 0, 0), 1)).toBe(false);
  });

  test('is in a frame whose content leaves no way round it, and that is sent all the same', () => {
    let command = drawn(6);
    while (!isMisheard(command) || findForbidden(command) !== undefined) command = drawn(6);
    const worst = Array.from({ length: 256 }, (_, mask) => [...command.map((byte) => byte ^ mask)]).flat();
    const wire = maskBytes(Uint8Array.of(1, 2, 3, 0, ...worst), 3, 'one');
    expect(isMisheard(wire)).toBe(true);
    expect(findForbidden(wire)).toBeUndefined();
    expect([...unmask(wire, 3, 'one').subarray(4)]).toEqual(worst);
  });
});
