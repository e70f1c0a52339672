/** When to stop repeating a command of the ROM bootloader: after how many failures, and of which kind. */
import type { Question } from './wrong-answer.js';

/** How a command failed. */
export type Failure = 'lost' | `${Question['part']} refused`;

/**
 * So often in a row, and it will not be otherwise. A command may be refused because somebody else's bytes brought the ROM out of step;
 * an address that is refused twice was not garbled on its way.
 */
const FAILURES_IN_A_ROW: Readonly<Record<Failure, number>> = {
  lost: 5,
  'synchronisation refused': 1,
  'command refused': 4,
  'address refused': 2,
  'data refused': 8,
};
const FAILURES_IN_ALL = 8;

/** @param failures of one command, in order */
export function isHopeless(failures: readonly Failure[]): boolean {
  const last = failures.at(-1);
  if (last === undefined) return false;
  const inARow = failures.length - 1 - failures.findLastIndex((failure) => failure !== last);
  return inARow >= FAILURES_IN_A_ROW[last] || failures.length >= FAILURES_IN_ALL;
}
