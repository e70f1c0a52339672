/**
 * Virtual time, counted in ticks of the 64 MHz HSI oscillator from which the chip runs after reset (RM0433 §8.5.2).
 *
 * One tick is also one instruction of the CPU engine: a nominal clock, not a timing model of a Cortex-M7.
 */
export type Tick = number;

export const TICKS_PER_SECOND = 64_000_000;
export const TICKS_PER_MS = TICKS_PER_SECOND / 1000;
export const TICKS_PER_US = TICKS_PER_SECOND / 1_000_000;

export const ticksToMs = (ticks: Tick): number => ticks / TICKS_PER_MS;
export const msToTicks = (ms: number): Tick => ms * TICKS_PER_MS;
