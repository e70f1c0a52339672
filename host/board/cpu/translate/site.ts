/** Where a piece of JavaScript stands in its block, and the few phrases that every instruction's translation uses. */
import { SLOT } from '../core-state.js';
import type { Condition } from '../instruction.js';

export interface Site {
  /** Address of the instruction. */
  readonly pc: number;
  /** Address of the one behind it. */
  readonly next: number;
  readonly opcode: number;
  /** JavaScript: how many instructions of this run come before this one, the tick of its accesses. */
  readonly index: string;
  /** JavaScript: `index` and this instruction. */
  readonly count: string;
  /** Flags that somebody may read after this instruction (FLAG bits). */
  readonly liveFlags: number;
  /** IT state behind this instruction; undefined outside IT blocks, where it stays zero. */
  readonly itAfter: number | undefined;
}

export const signed = (value: number): string => String(value | 0);

/** A register's value; PC reads as this instruction + 4. */
export function registerValue(register: number, site: Site): string {
  return register === 15 ? signed(site.pc + 4) : `r[${register}]`;
}

/** Writes a register other than PC. SP keeps its two low bits zero (ARMv7-M ARM §B1.4). */
export function writeRegister(register: number, value: string): string {
  return register === SLOT.SP ? `r[${register}]=(${value})&-4;` : `r[${register}]=${value};`;
}

/** Ends the block at a known address or at what a JavaScript expression says. */
export function leave(target: string, site: Site): string {
  return `${settleIt(site)}r[${SLOT.PC}]=${target};return ${site.count};`;
}

/** Inside IT blocks the state must be right whenever the block is left; left half-way, the run loop has to notice. */
export function settleIt(site: Site): string {
  if (site.itAfter === undefined) return '';
  return `r[${SLOT.IT}]=${site.itAfter};${site.itAfter === 0 ? '' : `r[${SLOT.ATTENTION}]=1;`}`;
}

/** BX, BLX and loads into PC: bit 0 selects the instruction set, 0xFxxxxxxx may be an exception return. Value in `t`. */
export function leaveInterworking(site: Site): string {
  const place = `${site.index},${signed(site.pc)}`;
  return `${settleIt(site)}if((t&1)!==0&&t>>>28!==15)r[${SLOT.PC}]=t&-2;else core.interwork(t,${place});return ${site.count};`;
}

const { N, Z, C, V } = SLOT;

/** JavaScript truth of the even condition codes; the odd ones are their opposites. */
const CONDITIONS: readonly string[] = [
  `r[${Z}]===0`,
  `r[${C}]!==0`,
  `r[${N}]<0`,
  `r[${V}]<0`,
  `(r[${C}]!==0&&r[${Z}]!==0)`,
  `(r[${N}]^r[${V}])>=0`,
  `(r[${Z}]!==0&&(r[${N}]^r[${V}])>=0)`,
];

export function conditionTruth(condition: Condition): string {
  const truth = CONDITIONS[condition >>> 1] ?? 'true';
  return (condition & 1) === 0 || condition >= 14 ? truth : `!(${truth})`;
}
