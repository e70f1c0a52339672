/**
 * Bit rates of a USART: what BRR, OVER8 and PRESC make of the kernel clock, and how far a sender may be off (RM0433 §48).
 * Pure arithmetic; knows no registers beyond the values handed in.
 */

/** Divider by PRESC; the values above the table are reserved and divide by 256. */
const PRESCALERS = [1, 2, 4, 6, 8, 10, 12, 16, 32, 64, 128, 256] as const;

export type Oversampling = 8 | 16;

/** USARTDIV must lie between these (RM0433 §48). */
export const DIVIDER_MIN = 16;
export const DIVIDER_MAX = 0xffff;

/** USARTDIV as BRR encodes it: with OVER8 the low digit is stored shifted right by one and bit 3 is not part of it. */
export function usartDivider(brr: number, oversampling: Oversampling): number {
  return oversampling === 16 ? brr & 0xffff : (brr & 0xfff0) | ((brr & 0x7) << 1);
}

/** The inverse of `usartDivider`. */
export function encodeBrr(divider: number, oversampling: Oversampling): number {
  return oversampling === 16 ? divider : (divider & 0xfff0) | ((divider & 0xf) >> 1);
}

export function prescaledHz(kernelHz: number, presc: number): number {
  return kernelHz / (PRESCALERS[presc & 0xf] ?? 256);
}

/** Bits per second, not rounded; 0 where the divider is invalid: such a USART neither sends nor receives. */
export function baudRateOf(clockHz: number, divider: number, oversampling: Oversampling): number {
  if (divider < DIVIDER_MIN || divider > DIVIDER_MAX) return 0;
  return (clockHz * (oversampling === 16 ? 1 : 2)) / divider;
}

const TOLERANCES = {
  16: { 7: 0.037, 8: 0.0333, 9: 0.0303 },
  8: { 7: 0.0222, 8: 0.02, 9: 0.0182 },
} as const;

/**
 * How far the sender's bit time may deviate, as a fraction: the row "BRR[3:0] ≠ 0, ONEBIT = 0" of the tolerance tables, which is
 * the smaller one for every BRR. The word is all bits between start and stop.
 */
export function receiverTolerance(oversampling: Oversampling, wordBits: 7 | 8 | 9): number {
  return TOLERANCES[oversampling][wordBits];
}
