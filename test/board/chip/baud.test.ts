/** Divider arithmetic against the figures that every H7 project computes for a 64 MHz kernel clock. */
import { describe, expect, it } from 'vitest';
import { baudRateOf, encodeBrr, prescaledHz, usartDivider } from '../../../host/board/chip/baud.js';

describe('a divider', () => {
  it.each([
    [115_200, 556, -0.08],
    [460_800, 139, -0.08],
    [921_600, 69, 0.64],
    [1_500_000, 43, -0.78],
    [3_000_000, 21, 1.59],
    [4_000_000, 16, 0],
  ])('for %i baud is %i and errs by %f %%', (wanted, divider, errorPercent) => {
    expect(Math.round(64e6 / wanted)).toBe(divider);
    expect((baudRateOf(64e6, divider, 16) / wanted - 1) * 100).toBeCloseTo(errorPercent, 2);
  });

  it('below 16 or above 65535 gives no rate at all', () => {
    expect([0, 15, 65_536].map((divider) => baudRateOf(64e6, divider, 16))).toEqual([0, 0, 0]);
  });

  it('survives BRR both ways; with OVER8 down to its even values', () => {
    for (let divider = 16; divider <= 0xffff; divider += 7) {
      expect(usartDivider(encodeBrr(divider, 16), 16)).toBe(divider);
      expect(usartDivider(encodeBrr(divider, 8), 8)).toBe(divider & ~1);
      expect(encodeBrr(divider, 8) & 8).toBe(0);
    }
  });

  it('with OVER8 goes twice as fast', () => {
    expect(baudRateOf(64e6, 16, 8)).toBe(8e6);
  });

  it('follows PRESC, whose reserved values divide by 256', () => {
    expect([0, 1, 5, 11, 15].map((presc) => 64e6 / prescaledHz(64e6, presc))).toEqual([1, 2, 10, 256, 256]);
  });
});
