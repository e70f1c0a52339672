/**
 * A block → the source of one JavaScript function: steps → **translate** → block cache.
 *
 * Where a block begins and ends depends on the program alone, never on how `run` is sliced. A branch to an instruction of the same block
 * stays in the function: the block falls into segments, one for each such target, in a loop around a switch. The tick of each access is
 * the block's start plus the number of instructions run before: `n` up to the segment, a constant within it.
 */
import { SLOT } from '../core-state.js';
import type { BlockRequest, Step } from './collect-steps.js';
import { branchTarget, collectSteps, endsUnconditionally, itStateAfter } from './collect-steps.js';
import type { Jump } from './control-flow.js';
import { ALL_FLAGS, endsBlock, flagsOfCondition, flagsRead, flagsWritten, isObservable } from './effects.js';
import { isLastOfIt } from './it-state.js';
import type { Site } from './site.js';
import { conditionTruth, leave, signed } from './site.js';
import { translateInstruction } from './translate-instruction.js';

export type { BlockRequest } from './collect-steps.js';

export interface TranslatedBlock {
  readonly source: string;
  /** First address behind the block's code. */
  readonly end: number;
}

const LOCALS = 'let a=0,b=0,c=0,i=0,p=0,q=0,t=0,x=0,m1=null,m2=null,m4=null;';

/** @returns undefined when not even the first instruction can be fetched. */
export function translateBlock(request: BlockRequest): TranslatedBlock | undefined {
  const steps = collectSteps(request);
  const last = steps.at(-1);
  if (last === undefined) return undefined;
  const end = last.address + last.lengthBytes;
  const entries = entriesOf(steps);
  if (entries.length === 0) return { source: LOCALS + translateSegments(steps, [0], entries)[0]!, end };
  const starts = [...new Set([0, ...entries])];
  const segments = translateSegments(steps, starts, entries);
  const body = segments.length === 1 ? segments[0]! : `switch(s){${segments.map((segment, at) => `case ${at}:${segment}`).join('\n')}}`;
  return { source: `${LOCALS}let n=0,s=0;for(;;){${body}}`, end };
}

/** Numbers of the steps that branches of the same block lead to, ascending. */
function entriesOf(steps: readonly Step[]): readonly number[] {
  const targets = new Set(steps.map(branchTarget));
  return steps.flatMap(({ address, itState }, at) => (itState === 0 && targets.has(address) ? [at] : []));
}

/** @param starts number of the first step of each segment @param entries those that are jumped to */
function translateSegments(steps: readonly Step[], starts: readonly number[], entries: readonly number[]): string[] {
  const live = liveFlags(steps);
  return starts.map((first, segment) => {
    const behind = starts[segment + 1] ?? steps.length;
    const site = (at: number): Site => siteOf(steps[at]!, at - first, live[at]!, entries.length > 0);
    const parts = steps.slice(first, behind).map((step, place) => translateStep(step, site(first + place), jumpFrom(place, steps, starts, entries)));
    const last = steps[behind - 1]!;
    if (!endsUnconditionally(last)) parts.push(behind < steps.length ? `n+=${behind - first};` : leave(signed(last.address + last.lengthBytes), site(behind - 1)));
    return parts.join('\n');
  });
}

/** @param place of the jumping step in its segment */
function jumpFrom(place: number, steps: readonly Step[], starts: readonly number[], entries: readonly number[]): Jump {
  return (address, site) => {
    const entry = entries.find((at) => steps[at]!.address === address);
    if (entry === undefined) return leave(signed(address), site);
    const goOn = starts.length === 1 ? 'continue;' : `{s=${starts.indexOf(entry)};continue;}`;
    return `n+=${place + 1};if(n<limit&&r[${SLOT.ATTENTION}]===0)${goOn}r[${SLOT.PC}]=${signed(address)};return n;`;
  };
}

/** For each instruction the flags that something behind it may read, from the last backwards. */
function liveFlags(steps: readonly Step[]): readonly number[] {
  const live: number[] = [];
  let wanted = ALL_FLAGS;
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at];
    if (step === undefined) break;
    const { instruction, itState } = step;
    // Nobody knows what is read where a branch leads.
    if (endsBlock(instruction)) wanted = ALL_FLAGS;
    live[at] = wanted;
    if (itState === 0) wanted &= ~flagsWritten(instruction);
    else wanted |= flagsOfCondition(itState >>> 4);
    wanted |= flagsRead(instruction);
    if (isObservable(instruction)) wanted = ALL_FLAGS;
  }
  return live;
}

/** @param place of the step in its segment */
function siteOf(step: Step, place: number, liveFlagsHere: number, counts: boolean): Site {
  return {
    pc: step.address,
    next: step.address + step.lengthBytes,
    opcode: step.opcode,
    index: counts ? `n+${place}` : `${place}`,
    count: counts ? `n+${place + 1}` : `${place + 1}`,
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
