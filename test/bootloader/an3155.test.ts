import { describe, expect, test } from 'vitest';
import { COMMANDS, addressFrame, commandFrame, dataFrame, readLengthFrame, sectorListFrame } from '../../host/bootloader/an3155.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Worked out by hand from the flow charts of AN3155. */
describe('frames', () => {
  test.each([
    ['Get', commandFrame(COMMANDS.get), '00ff'],
    ['Get ID', commandFrame(COMMANDS.getId), '02fd'],
    ['Read Memory', commandFrame(COMMANDS.readMemory), '11ee'],
    ['Go', commandFrame(COMMANDS.go), '21de'],
    ['Write Memory', commandFrame(COMMANDS.writeMemory), '31ce'],
    ['Extended Erase', commandFrame(COMMANDS.extendedErase), '44bb'],
    ['an address', addressFrame(0x2000_4100), '2000410061'],
    ['an address beyond 31 bits', addressFrame(0x9000_0001), '9000000191'],
    ['one byte to read', readLengthFrame(1), '00ff'],
    ['256 bytes to read', readLengthFrame(256), 'ff00'],
    ['four bytes to write', dataFrame(Uint8Array.of(1, 2, 4, 8)), '03010204080c'],
    ['one sector', sectorListFrame([9]), '0000000909'],
    ['two sectors, one beyond 255', sectorListFrame([0x0101, 2]), '000101010002' + '03'],
  ])('%s', (_name, frame, wanted) => {
    expect(hex(frame)).toBe(wanted);
  });

  test('lengths that AN3155 does not have are refused', () => {
    for (const length of [0, 3, 260]) expect(() => dataFrame(new Uint8Array(length))).toThrow(RangeError);
    for (const length of [0, 257]) expect(() => readLengthFrame(length)).toThrow(RangeError);
    expect(() => sectorListFrame([])).toThrow(RangeError);
  });
});
