/** How far apart the stub's unasked reports are while something comes from the line (PROTOCOL.md §8): it counts in bit times, as stub/session.c does. */
import { LIMITS } from './wire.js';

export function reportPaceMs(baudRate: number): number {
  const paceMs = (LIMITS.reportBits.value * 1000) / baudRate;
  return Math.min(LIMITS.reportMostMs.value, Math.max(LIMITS.reportLeastMs.value, paceMs));
}
