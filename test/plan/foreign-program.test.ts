import { describe, expect, test } from 'vitest';
import { createImage, type Image } from '../../host/image/image.js';
import { refuseForeignProgram } from '../../host/plan/foreign-program.js';
import { part } from './images.js';

function program(stackPointer: number, resetVector: number, address = 0x0800_0000): Image {
  const bytes = new Uint8Array(0x400);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, stackPointer, true);
  view.setUint32(4, resetVector, true);
  return createImage('fw.bin', 'raw binary', [{ address, bytes }]);
}

describe('a program for another part is refused', () => {
  test.each([
    ['STM32H743xI', 'a stack at the end of the AXI SRAM of H7A3', 0x2410_0000, 0x0800_0301, /no program for STM32H743xI: its stack begins at 0x24100000/],
    ['STM32H742xI', 'a stack at the end of the AXI SRAM of H743', 0x2408_0000, 0x0800_0301, /0x24080000/],
    ['STM32H723xG', 'a stack in SRAM3', 0x3004_8000, 0x0800_0301, /0x30048000/],
    ['STM32H723xG', 'a reset handler in a second bank', 0x2002_0000, 0x0810_0301, /reset vector 0x08100301 points to where this part has no flash/],
    ['STM32H743xG', 'a reset handler in the hole between the banks', 0x2002_0000, 0x0808_0301, /0x08080301/],
    ['STM32H750xB', 'a reset handler behind its one sector', 0x2002_0000, 0x0802_0001, /0x08020001/],
  ])('on %s: %s', (name, _, stackPointer, resetVector, says) => {
    expect(() => refuseForeignProgram(program(stackPointer, resetVector), part(name))).toThrow(expect.objectContaining({ kind: 'refused', message: expect.stringMatching(says) as string }));
  });
});

describe('taken as it is:', () => {
  test.each([
    ['STM32H743xI', 'a stack at the end of DTCM', program(0x2002_0000, 0x0800_0301)],
    ['STM32H743xI', 'a stack at the end of AXI SRAM', program(0x2408_0000, 0x0800_0301)],
    ['STM32H7A3xI', 'a stack at the end of its larger AXI SRAM', program(0x2410_0000, 0x0800_0301)],
    ['STM32H723xG', 'a stack in ITCM that AXI SRAM was given to', program(0x0004_0000, 0x0800_0301)],
    ['STM32H743xI', 'a program in bank 2', program(0x2002_0000, 0x0810_0301, 0x0810_0000)],
    ['STM32H723xG', 'data that is no program', program(0xdead_beef, 0x1234_5678)],
    ['STM32H723xG', 'a vector without the Thumb bit, which is no program either', program(0x2410_0000, 0x0810_0300)],
  ])('on %s: %s', (name, _, image) => {
    expect(() => refuseForeignProgram(image, part(name))).not.toThrow();
  });
});
