/**
 * Which instructions a translated block consists of: straight on from its start, past conditional branches and IT blocks; behind a jump or
 * a call from where an earlier branch of the block leads. Code bytes → decode → **steps** → translate-block.
 */
import { decodeAt } from '../decode/decode.js';
import type { Located } from '../instruction.js';
import { UNPREDICTABLE } from '../instruction.js';
import { endsBlock, isAllowedInIt } from './effects.js';
import { advanceIt, isLastOfIt } from './it-state.js';

/** So many ticks at most pass in a block before it looks up at a jump. */
const MAX_INSTRUCTIONS = 128;

export interface BlockRequest {
  readonly start: number;
  /** EPSR.IT at the start: zero unless an exception return leads into an IT block. */
  readonly itState: number;
  readonly maxInstructions?: number;
  /** A halfword of code, or undefined where none can be fetched. */
  fetch(address: number): number | undefined;
}

export interface Step extends Located {
  /** EPSR.IT while the instruction runs; zero outside IT blocks. */
  readonly itState: number;
}

export function collectSteps(request: BlockRequest): readonly Step[] {
  const steps: Step[] = [];
  const targets = new Set<number>();
  const cap = request.maxInstructions ?? MAX_INSTRUCTIONS;
  let address = request.start;
  let itState = request.itState;
  while (steps.length < cap || (itState !== 0 && request.maxInstructions === undefined)) {
    // A block does not go on in the next page, whose rights may change without this one's.
    if (steps.length > 0 && (address === Infinity || address >>> 16 !== request.start >>> 16)) break;
    const located = decodeAt(address, (at) => request.fetch(at), itState !== 0);
    if (located === undefined) break;
    const isForbidden = itState !== 0 && !isAllowedInIt(located.instruction, isLastOfIt(itState));
    const step: Step = { ...located, itState, ...(isForbidden ? { instruction: UNPREDICTABLE } : {}) };
    steps.push(step);
    address += step.lengthBytes;
    itState = itStateAfter(step) ?? 0;
    const target = branchTarget(step);
    if (target !== undefined) targets.add(target);
    if (endsUnconditionally(step)) address = nextTarget(targets, address);
  }
  return steps;
}

/** Behind a jump or a call the block goes on where one of its own branches leads, if anywhere; what lies between may be data. */
function nextTarget(targets: ReadonlySet<number>, address: number): number {
  return Math.min(...[...targets].filter((target) => target >= address));
}

/** Where a branch to a fixed address leads; calls are not of that kind: their way back is not fixed. */
export function branchTarget({ instruction, address }: Step): number | undefined {
  const isBranch = instruction.kind === 'branch' || instruction.kind === 'compare-branch';
  return isBranch ? address + 4 + instruction.offset : undefined;
}

/** Does control never go on to the next instruction? */
export function endsUnconditionally({ instruction, itState }: Step): boolean {
  if (itState !== 0 || instruction.kind === 'compare-branch') return false;
  return endsBlock(instruction) && !(instruction.kind === 'branch' && instruction.condition !== undefined);
}

/** EPSR.IT behind an instruction; undefined where it is and stays zero. */
export function itStateAfter({ instruction, itState }: Step): number | undefined {
  if (instruction.kind === 'if-then') return (instruction.condition << 4) | instruction.mask;
  return itState === 0 ? undefined : advanceIt(itState);
}
