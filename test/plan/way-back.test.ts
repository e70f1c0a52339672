import { describe, expect, test } from 'vitest';
import { wayBack } from '../../host/plan/way-back.js';

const boot = (add0: number, add1: number, isApplicationAsked = false) => wayBack({ optsr: 0, wpsn1: 0, wpsn2: 0, bootCm4: 0, prar1: 0, prar2: 0, scar1: 0, scar2: 0, boot: ((add1 << 16) | add0) >>> 0 }, isApplicationAsked);

describe('the way back into a board whose job is cut', () => {
  test('is BOOT0 high as ST ships the parts', () => {
    expect(boot(0x0800, 0x1ff0)).toEqual({ isCertain: true, text: expect.stringMatching(/BOOT0 high leads into the ROM bootloader; with BOOT0 low nothing starts/) as string });
  });

  test('is BOOT0 low where BOOT_ADD0 names the bootloader', () => {
    expect(boot(0x1ff0, 0x0800)).toEqual({ isCertain: true, text: expect.stringContaining('BOOT0 low leads into the ROM') as string });
  });

  test('is any reset where both do', () => {
    expect(boot(0x1ff0, 0x1ff0)).toEqual({ isCertain: true, text: expect.stringContaining('a reset leads') as string });
  });

  test('is somebody at BOOT0 where the application was asked to enter the bootloader', () => {
    expect(boot(0x0800, 0x1ff0, true)).toEqual({ isCertain: false, text: expect.stringContaining('somebody must pull BOOT0 high') as string });
  });

  test('is a reset with BOOT0 low all the same, where that boots the ROM', () => {
    expect(boot(0x1ff0, 0x0800, true).isCertain).toBe(true);
    expect(boot(0x1ff0, 0x1ff0, true).isCertain).toBe(true);
  });

  test.each([[0x0800, 0x0800], [0x0800, 0x0804], [0x0800, 0x1ff1], [0x2400, 0x0810]])('is none where neither does: %i, %i', (add0, add1) => {
    expect(boot(add0, add1)).toEqual({ isCertain: false, text: expect.stringContaining('only a debug probe') as string });
  });
});
