/** The notation of the encoding tables, and the tables' own consistency. */
import { expect, test } from 'vitest';
import { decodeWith, encoding, signExtend } from '../../../../host/board/cpu/decode/bit-pattern.js';
import { WIDE, decode } from '../../../../host/board/cpu/decode/decode.js';
import { NARROW } from '../../../../host/board/cpu/decode/narrow.js';
import { expandImmediate } from '../../../../host/board/cpu/decode/operand.js';
import { Random } from '../../../../host/board/random.js';

test('a field that stands in several places is gathered from left to right', () => {
  const row = encoding('1010 d 000 0000 0 ddd', (f) => ({ kind: 'pc-relative', rd: f.d, offset: 0 }));
  expect(row.decode(0xa803, false)).toEqual({ kind: 'pc-relative', rd: 11, offset: 0 });
});

test('a should-be-zero bit that is one makes the instruction unpredictable, and a BadReg register too', () => {
  const row = encoding('0000 z 000 0000 dddd', (f) => ({ kind: 'pc-relative', rd: f.d, offset: 0 }), 'd');
  expect(row.decode(0x0005, false)?.kind).toBe('pc-relative');
  expect(row.decode(0x0805, false)?.kind).toBe('unpredictable');
  expect(row.decode(0x000d, false)?.kind).toBe('unpredictable');
});

test('the first matching row decides, unless it passes on', () => {
  const table = [encoding('0000 0000 0000 000a', (f) => (f.a === 0 ? { kind: 'nop' } : undefined)), encoding('0000 0000 0000 0001', () => ({ kind: 'breakpoint' }))];
  expect([0, 1, 2].map((opcode) => decodeWith(table, opcode, false)?.kind)).toEqual(['nop', 'breakpoint', undefined]);
});

test('a pattern that has not 16 or 32 bits is refused', () => {
  expect(() => encoding('0101', () => undefined)).toThrow('encoding of 4 bits: 0101');
});

test('no row of the tables is hidden behind an earlier one, and each decodes something', () => {
  const random = new Random(3);
  for (const [table, lengthBytes] of [[NARROW, 2], [WIDE, 4]] as const) {
    for (const row of table) {
      const draws = Array.from({ length: 400 }, () => ((row.value | (random.u32() & ~row.mask & ~row.shouldBeZero) | row.shouldBeOne) >>> 0) % 2 ** (lengthBytes * 8));
      const own = draws.filter((opcode) => {
        const instruction = row.decode(opcode, false);
        return instruction !== undefined && instruction.kind !== 'unpredictable' && JSON.stringify(instruction) === JSON.stringify(decode(opcode, lengthBytes, false));
      });
      expect(own.length, `row ${row.value.toString(16)}`).toBeGreaterThan(0);
    }
  }
});

test.each([
  ['a byte', 0x0ab, 0xab, undefined],
  ['a byte twice', 0x1ab, 0x00ab00ab, undefined],
  ['a byte twice, shifted', 0x2ab, 0xab00ab00 | 0, undefined],
  ['a byte four times', 0x3ab, 0xabababab | 0, undefined],
  ['a rotated byte with its carry', 0x400, 0x80000000 | 0, 1],
  ['a rotated byte without carry', 0x4ff, 0x7f800000, 0],
  ['the last rotation', 0xf80, 0x00000100, 0],
])('ThumbExpandImm gives %s', (_name, imm12, value, carry) => {
  expect(expandImmediate(imm12)).toEqual({ kind: 'immediate', value, ...(carry === undefined ? {} : { carry }) });
});

test('ThumbExpandImm refuses to replicate a zero byte', () => {
  expect([0x000, 0x100, 0x200, 0x300].map((imm12) => expandImmediate(imm12) === undefined)).toEqual([false, true, true, true]);
});

test('sign extension looks at the top bit of the field', () => {
  expect([signExtend(0x7f, 8), signExtend(0x80, 8), signExtend(0x1ffffff, 25)]).toEqual([127, -128, -1]);
});
