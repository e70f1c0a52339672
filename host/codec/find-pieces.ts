/**
 * Target runs and old content → pieces. Two rounds: the first shows where what moved has gone, and with that the second tells copies whose
 * branches and addresses fit from those that only look alike.
 */
import { SeedIndex, findCandidates } from './copy-candidates.js';
import { chooseCopies, type ChosenPiece } from './choose-copies.js';
import { joinBlocks, proposeFilters } from './choose-filters.js';
import { neutralContent, type NeutralContent, type OldContent } from './old-content.js';
import { BRANCHES, type Piece } from './pieces.js';
import type { Segment } from '../image/image.js';

/** Addresses from `from` to before `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface TargetRun {
  readonly run: Segment;
  /** Old content that the stub still has when it unpacks the run. */
  readonly readable: readonly Range[];
}

interface PreparedRun extends TargetRun {
  readonly content: NeutralContent;
  readonly ranges: readonly Range[];
}

/** A new piece of this length may be a table, whose filter is worth choosing. */
const WORTH_A_FILTER_BYTES = 4096;

/** @param dearness makes pieces fewer: what beginning one costs, in its usual price */
export function findPieces(old: OldContent, targets: readonly TargetRun[], dearness: number): Piece[] {
  const neutral = neutralContent(old);
  const index = new SeedIndex(neutral.bytes);
  const readable = new Uint8Array(old.bytes.length);
  const expectedTargets = new Uint32Array(neutral.targets.length);
  const runs = targets.map((target): PreparedRun => ({ ...target, content: neutralContent(target.run), ranges: knownRanges(old, target.readable) }));
  const candidates: (readonly (readonly number[])[])[] = [];
  let likely = 0;
  const chooseRound = (round: number): ChosenPiece[][] => runs.map(({ run, content, ranges }, at) => {
    readable.fill(0);
    for (const { from, to } of ranges) readable.fill(1, from, to);
    if (round === 0) {
      index.fill(ranges);
      candidates.push(findCandidates(content, neutral.bytes, readable, index, likely + run.address - old.address));
    }
    const chosen = chooseCopies({ content, candidates: candidates[at]! }, { neutral, readable, expectedTargets }, dearness);
    likely = (chosen.findLast(({ offset }) => offset !== undefined)?.offset ?? likely) - (run.address - old.address);
    return chosen;
  });
  expectTargets(expectedTargets, neutral, runs, chooseRound(0));
  return joinPieces(old, runs, chooseRound(1));
}

/** Places in the old content that may be read. */
function knownRanges(old: OldContent, readable: readonly Range[]): Range[] {
  return readable.flatMap((range) => old.known.map((known) => ({ from: Math.max(known.from, range.from) - old.address, to: Math.min(known.to, range.to) - old.address }))).filter(({ from, to }) => from < to);
}

/** What most of the branches and addresses to one old target have become. */
function expectTargets(expected: Uint32Array, neutral: NeutralContent, runs: readonly PreparedRun[], chosen: readonly (readonly ChosenPiece[])[]): void {
  const tallies = new Map<number, Map<number, number>>();
  for (const [at, { content }] of runs.entries()) {
    for (const { from, to, offset } of chosen[at]!) {
      if (offset === undefined || offset % 2 !== 0) continue;
      for (let position = from; position < to; position += 2) countTarget(tallies, neutral.targets[(position + offset) >> 1]!, content.targets[position >> 1]!);
    }
  }
  const majority = new Map([...tallies].map(([target, tally]) => [target, [...tally].reduce((best, other) => (other[1] > best[1] ? other : best))[0]]));
  for (const [half, target] of neutral.targets.entries()) expected[half] = majority.get(target) ?? 0;
}

function countTarget(tallies: Map<number, Map<number, number>>, oldTarget: number, newTarget: number): void {
  if (oldTarget === 0 || newTarget === 0) return;
  const tally = tallies.get(oldTarget) ?? new Map<number, number>();
  tallies.set(oldTarget, tally.set(newTarget, (tally.get(newTarget) ?? 0) + 1));
}

/** A copy that goes on at the same shift where one run follows another in flash is one piece. */
function joinPieces(old: OldContent, runs: readonly PreparedRun[], chosen: readonly (readonly ChosenPiece[])[]): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const [at, { run }] of runs.entries()) {
    for (const [number, { from, to, offset }] of chosen[at]!.entries()) {
      const last = pieces.at(-1);
      const shift = offset === undefined ? undefined : run.address - old.address - offset;
      const isContinued = number === 0 && run.address === end && last?.kind === 'copy' && last.shift === shift;
      if (isContinued) pieces[pieces.length - 1] = { ...last, lengthBytes: last.lengthBytes + to - from };
      else if (shift !== undefined) pieces.push({ kind: 'copy', lengthBytes: to - from, shift });
      else pieces.push(...newPieces({ address: run.address + from, bytes: run.bytes.subarray(from, to) }));
    }
    end = run.address + run.bytes.length;
  }
  return pieces;
}

function newPieces(part: Segment): Piece[] {
  const { length } = part.bytes;
  return length < WORTH_A_FILTER_BYTES ? [{ kind: 'new', lengthBytes: length, filter: BRANCHES }] : joinBlocks(proposeFilters(part.bytes, [part]), length);
}
