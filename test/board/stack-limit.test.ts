import { describe, expect, it } from 'vitest';
import { isInRam, stackLimit } from '../../host/board/stack-limit.js';
import { partNamed } from './chip/chip-bench.js';

const H743 = partNamed('STM32H743xI');

describe('stack limit', () => {
  it('is what is granted below the first stack pointer', () => {
    expect(stackLimit(H743, 0x2001ff00, 4096)).toBe(0x2001ef00);
  });

  it('is never below the RAM that the stack is in, at whose very end it may begin', () => {
    expect(stackLimit(H743, 0x20000100, 4096)).toBe(0x20000000);
    expect(stackLimit(H743, 0x24080000, Infinity)).toBe(0x24000000);
    expect(stackLimit(H743, 0x20020000, Infinity)).toBe(0x20000000);
  });

  it('is none for a stack pointer that points to no RAM', () => {
    for (const garbage of [0, 0xffffffff, 0x08000000, 0x20000000]) expect(stackLimit(H743, garbage, 4096)).toBe(0);
  });

  it('asks where the code is', () => {
    expect([0x20004101, 0x24000000, 0x08000000, 0x20020000].map((address) => isInRam(H743, address))).toEqual([true, true, false, false]);
  });
});
