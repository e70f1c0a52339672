/** DBGMCU_IDC.REV_ID → the letter on the package, as far as it is known. */
import type { H7Family } from './h7-part.js';

/** As OpenOCD and Black Magic Probe have them. */
const REVISIONS: Readonly<Record<H7Family, Readonly<Record<number, string>>>> = {
  H74x: { 0x1000: 'A', 0x1001: 'Z', 0x1003: 'Y', 0x2001: 'X', 0x2003: 'V' },
  H72x: { 0x1000: 'A', 0x1001: 'Z' },
  H7Ax: { 0x1000: 'A', 0x1007: 'X' },
};

export function revisionName(family: H7Family, revisionId: number): string | undefined {
  return REVISIONS[family][revisionId];
}
