import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { ChipBench } from './chip-bench.js';

const CRC = 0x58024c00;
const RESET = 1;
const REV_OUT = 1 << 7;
const reverseIn = (code: number): number => code << 5;

function unit(control: number): ChipBench {
  const bench = new ChipBench();
  bench.write(0x58024400 + 0x140, 1 << 19);
  bench.write(CRC + 0x08, control | RESET);
  return bench;
}

const word = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer).getUint32(at, true);

describe('the CRC unit against zlib', () => {
  const data = new Random(11).fill(new Uint8Array(1024));
  const expected = zlibCrc32(data);

  it('words with REV_IN by word', () => {
    const bench = unit(REV_OUT | reverseIn(3));
    for (let at = 0; at < data.length; at += 4) bench.write(CRC, word(data, at));
    expect((bench.read(CRC) ^ 0xffffffff) >>> 0).toBe(expected);
  });

  it('bytes with REV_IN by byte', () => {
    const bench = unit(REV_OUT | reverseIn(1));
    for (const byte of data) bench.write(CRC, byte, 1);
    expect((bench.read(CRC) ^ 0xffffffff) >>> 0).toBe(expected);
  });

  it('words with REV_IN by byte are wrong', () => {
    const bench = unit(REV_OUT | reverseIn(1));
    for (let at = 0; at < data.length; at += 4) bench.write(CRC, word(data, at));
    expect((bench.read(CRC) ^ 0xffffffff) >>> 0).not.toBe(expected);
  });
});

describe('other polynomials, with the check values of "123456789"', () => {
  // Catalogue of parametrised CRC algorithms: CRC-16/IBM-3740, CRC-16/XMODEM, CRC-8/SMBUS, CRC-7/MMC, CRC-32/MPEG-2.
  it.each([
    ['CRC-16/IBM-3740', 1, 0x1021, 0xffff, 0x29b1],
    ['CRC-16/XMODEM', 1, 0x1021, 0x0000, 0x31c3],
    ['CRC-8/SMBUS', 2, 0x07, 0x00, 0xf4],
    ['CRC-7/MMC', 3, 0x09, 0x00, 0x75],
    ['CRC-32/MPEG-2', 0, 0x04c11db7, 0xffffffff, 0x0376e6e7],
  ])('%s', (_name, size, polynomial, initial, check) => {
    const bench = unit(size << 3);
    bench.write(CRC + 0x14, polynomial);
    bench.write(CRC + 0x10, initial);
    for (const character of '123456789') bench.write(CRC, character.charCodeAt(0), 1);
    expect(bench.read(CRC)).toBe(check);
  });
});

describe('where it lies', () => {
  it('on H7A3 it is elsewhere, behind another clock', () => {
    const bench = new ChipBench({ part: 'STM32H7A3xI' });
    bench.write(0x58024400 + 0x138, 1 << 9);
    expect(bench.read(0x40023000)).toBe(0xffffffff);
    expect(() => bench.read(CRC)).toThrow('nothing answers');
  });
});
