/**
 * A basic block → the source of one JavaScript function: code bytes → decode → **translate** → block cache.
 *
 * A block runs from its start to the first instruction that writes PC, at most to a page's end or MAX_INSTRUCTIONS. Where it begins and
 * ends depends on the program alone, never on how `run` is sliced. The tick of each access is the block's start plus the
 * instruction's index, a constant in the source. A branch back to the block's own start becomes a loop.
 */
import { SLOT } from '../core-state.js';
import { decodeAt } from '../decode/decode.js';
import type { Located } from '../instruction.js';
import { UNPREDICTABLE } from '../instruction.js';
import type { Jump } from './control-flow.js';
import { ALL_FLAGS, endsBlock, flagsOfCondition, flagsRead, flagsWritten, isAllowedInIt, isObservable } from './effects.js';
import { advanceIt, isLastOfIt } from './it-state.js';
import type { Site } from './site.js';
import { conditionTruth, leave, signed } from './site.js';
import { translateInstruction } from './translate-instruction.js';

const MAX_INSTRUCTIONS = 64;

export interface BlockRequest {
  readonly start: number;
  /** EPSR.IT at the start: zero unless an exception return leads into an IT block. */
  readonly itState: number;
  readonly maxInstructions?: number;
  /** A halfword of code, or undefined where none can be fetched. */
  fetch(address: number): number | undefined;
}

export interface TranslatedBlock {
  readonly source: string;
  /** First address behind the block's code. */
  readonly end: number;
}

interface Step extends Located {
  /** EPSR.IT while the instruction runs; zero outside IT blocks. */
  readonly itState: number;
}

/** @returns undefined when not even the first instruction can be fetched. */
export function translateBlock(request: BlockRequest): TranslatedBlock | undefined {
  const steps = collect(request);
  const last = steps.at(-1);
  if (last === undefined) return undefined;
  const end = last.address + last.lengthBytes;
  const loops = steps[0]?.itState === 0 && branchesTo(last, request.start);
  const live = liveFlags(steps);
  const jump: Jump = (address, site) =>
    loops && address === request.start
      ? `n+=${steps.length};if(n<limit&&r[${SLOT.ATTENTION}]===0)continue;r[${SLOT.PC}]=${signed(address)};return n;`
      : leave(signed(address), site);
  const parts = steps.map((step, at) => translateStep(step, siteOf(step, at, live[at] ?? ALL_FLAGS, loops), jump));
  const ends = last.itState === 0 && endsUnconditionally(last);
  const tail = ends ? '' : leave(signed(end), siteOf(last, steps.length - 1, ALL_FLAGS, loops));
  const body = parts.join('\n') + tail;
  const locals = 'let a=0,b=0,c=0,i=0,p=0,q=0,t=0,x=0,m1=null,m2=null,m4=null;';
  return { source: loops ? `${locals}let n=0;for(;;){${body}}` : `${locals}${body}`, end };
}

function collect(request: BlockRequest): readonly Step[] {
  const steps: Step[] = [];
  const cap = request.maxInstructions ?? MAX_INSTRUCTIONS;
  let address = request.start;
  let itState = request.itState;
  while (steps.length < cap || (itState !== 0 && request.maxInstructions === undefined)) {
    // A block does not go on in the next page, whose rights may change without this one's.
    if (steps.length > 0 && address >>> 16 !== request.start >>> 16) break;
    const located = decodeAt(address, (at) => request.fetch(at), itState !== 0);
    if (located === undefined) break;
    const isForbidden = itState !== 0 && !isAllowedInIt(located.instruction, isLastOfIt(itState));
    const step: Step = { ...located, itState, ...(isForbidden ? { instruction: UNPREDICTABLE } : {}) };
    steps.push(step);
    address += step.lengthBytes;
    itState = itStateAfter(step) ?? 0;
    if (endsBlock(step.instruction)) break;
  }
  return steps;
}

function branchesTo(step: Step, address: number): boolean {
  const { instruction } = step;
  return (instruction.kind === 'branch' || instruction.kind === 'compare-branch') && step.address + 4 + instruction.offset === address;
}

function endsUnconditionally(step: Step): boolean {
  const { instruction } = step;
  if (instruction.kind === 'compare-branch') return false;
  return endsBlock(instruction) && !(instruction.kind === 'branch' && instruction.condition !== undefined);
}

/** For each instruction the flags that something behind it may read, from the last backwards. */
function liveFlags(steps: readonly Step[]): readonly number[] {
  const live: number[] = [];
  let wanted = ALL_FLAGS;
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at];
    if (step === undefined) break;
    live[at] = wanted;
    const { instruction, itState } = step;
    if (itState === 0) wanted &= ~flagsWritten(instruction);
    else wanted |= flagsOfCondition(itState >>> 4);
    wanted |= flagsRead(instruction);
    if (isObservable(instruction)) wanted = ALL_FLAGS;
  }
  return live;
}

/** EPSR.IT behind an instruction; undefined where it is and stays zero. */
function itStateAfter({ instruction, itState }: Step): number | undefined {
  if (instruction.kind === 'if-then') return (instruction.condition << 4) | instruction.mask;
  return itState === 0 ? undefined : advanceIt(itState);
}

function siteOf(step: Step, at: number, liveFlagsHere: number, loops: boolean): Site {
  return {
    pc: step.address,
    next: step.address + step.lengthBytes,
    opcode: step.opcode,
    index: loops ? `n+${at}` : `${at}`,
    count: loops ? `n+${at + 1}` : `${at + 1}`,
    liveFlags: liveFlagsHere,
    itAfter: itStateAfter(step),
  };
}

/** Inside an IT block the instruction is conditional, and EPSR.IT is only kept where somebody may look at it. */
function translateStep(step: Step, site: Site, jump: Jump): string {
  const { instruction, itState } = step;
  const code = translateInstruction(instruction, site, jump);
  if (itState === 0) return code;
  const showIt = isObservable(instruction) ? `r[${SLOT.IT}]=${itState};` : '';
  const hideIt = isLastOfIt(itState) ? `r[${SLOT.IT}]=0;` : '';
  const isAlways = itState >>> 4 === 14 || instruction.kind === 'breakpoint' || instruction.kind === 'unpredictable';
  return isAlways ? `${showIt}${code}${hideIt}` : `if(${conditionTruth(itState >>> 4)}){${showIt}${code}}${hideIt}`;
}
