import { describe, expect, test } from 'vitest';
import { checkImage } from '../../host/image/check-image.js';
import type { Image } from '../../host/image/image.js';
import { createImage } from '../../host/image/image.js';

function program(address: number, stackPointer: number, resetVector: number, lengthBytes = 0x1000): Image {
  const bytes = new Uint8Array(lengthBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, stackPointer, true);
  view.setUint32(4, resetVector, true);
  return createImage('fw.bin', 'raw binary', [{ address, bytes }]);
}

describe('a program is taken as it is', () => {
  test.each([
    ['a stack at the end of DTCM', program(0x0800_0000, 0x2002_0000, 0x0800_0301)],
    ['a stack at the end of AXI SRAM', program(0x0800_0000, 0x2408_0000, 0x0800_0301)],
    ['an application behind a bootloader', program(0x0804_0000, 0x2000_4000, 0x0804_0301)],
    ['the last bytes of bank 2', program(0x081f_f000, 0x2002_0000, 0x081f_f009)],
  ])('%s', (_name, image) => {
    expect(checkImage(image)).toEqual([]);
  });
});

describe('warnings', () => {
  test.each([
    ['a stack pointer into flash', program(0x0800_0000, 0x0800_0000, 0x0800_0301), /0x08000000, which points into no RAM/],
    ['a stack that would grow out of DTCM at once', program(0x0800_0000, 0x2000_0000, 0x0800_0301), /into no RAM/],
    ['an unaligned stack pointer', program(0x0800_0000, 0x2001_0002, 0x0800_0301), /into no RAM/],
    ['a reset vector without the Thumb bit', program(0x0800_0000, 0x2002_0000, 0x0800_0300), /without the Thumb bit/],
    ['a program linked for another address', program(0x0800_0000, 0x2002_0000, 0x0804_0301), /linked for another address/],
    ['a vector table where VTOR cannot point', program(0x0804_0200, 0x2002_0000, 0x0804_0301), /0x08040200 is not at a multiple of 0x00000400/],
    ['four bytes of data', createImage('fw.bin', 'raw binary', [{ address: 0x0800_0000, bytes: new Uint8Array(4) }]), /too short/],
  ])('%s', (_name, image, pattern) => {
    expect(checkImage(image)).toEqual([expect.stringMatching(pattern)]);
  });
});

test('text that lies elsewhere may be data, and is only doubted', () => {
  const bytes = new TextEncoder().encode('{ "gain": 3 }\n');
  expect(checkImage(createImage('settings.json', 'raw binary', [{ address: 0x0804_0000, bytes }]))).not.toEqual([]);
});

test('Intel HEX under the name of a raw binary is said to be read as what it is', () => {
  const { segments } = program(0x0800_0000, 0x2002_0000, 0x0800_0301);
  expect(checkImage(createImage('fw.BIN', 'Intel HEX', segments))).toEqual(['fw.BIN holds Intel HEX and is read as that, whatever its name says.']);
  expect(checkImage(createImage('fw.hex', 'Intel HEX', segments))).toEqual([]);
});

describe('refusals', () => {
  test.each([
    ['below flash', program(0x07ff_f000, 0, 0, 0x2000), 'fw.bin: 0x07FFF000–0x08000FFF is not in flash'],
    ['over the end of flash', program(0x081f_ff00, 0, 0), 'fw.bin: 0x081FFF00–0x08200EFF is not in flash'],
    ['in RAM', program(0x2400_0000, 0, 0), 'is not in flash, which lies within 0x08000000–0x081FFFFF'],
    ['text where a reset starts', createImage('notes.txt', 'raw binary', [{ address: 0x0800_0000, bytes: new TextEncoder().encode('Dear board,\nplease start.\n') }]), 'notes.txt is text ("Dear board, please start…"), no program'],
    ['larger than any part', program(0x0800_0000, 0, 0, 2 ** 21 + 1), 'fw.bin has 2097153 bytes, and no STM32H7 has more than 2 MiB of flash'],
  ])('%s', (_name, image, message) => {
    expect(() => checkImage(image)).toThrow(expect.objectContaining({ kind: 'image', message: expect.stringContaining(message) as string }));
  });
});
