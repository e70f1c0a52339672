/**
 * Which parts of a run are copied from where, and which are new: the cheapest way through it, half-word by half-word, where each state is a
 * candidate's offset to the old content or "new", and changing it costs what a piece of the directory does.
 */
import { STRETCH_BYTES } from './copy-candidates.js';
import type { NeutralContent } from './old-content.js';

/** `offset`: from the position in the run to that in the old content; undefined: new. */
export interface ChosenPiece {
  readonly from: number;
  readonly to: number;
  readonly offset: number | undefined;
}

/** About what LZMA makes of it, in bits. */
const COST = { copyBegins: 40, newBegins: 24, newByte: 7, wrongByte: 12, wrongTarget: 20 } as const;
/** What is so much dearer than the best does not become the best any more. */
const HOPELESS = COST.copyBegins + 60;
const IMPOSSIBLE = 1e12;

/** Pieces as they were begun on the way, each with the one before it. */
interface Begun {
  readonly from: number;
  readonly offset: number | undefined;
  readonly before: Begun | undefined;
}

interface State {
  readonly offset: number | undefined;
  cost: number;
  piece: Begun | undefined;
}

export interface RunToCopy {
  readonly content: NeutralContent;
  readonly candidates: readonly (readonly number[])[];
}

export interface OldToCopy {
  readonly neutral: NeutralContent;
  /** Per byte: 1 where it may be read. */
  readonly readable: Uint8Array;
  /** Per half-word: where the branch or address there points to after the update, as far as is believed; 0: not known. */
  readonly expectedTargets: Uint32Array;
}

export function chooseCopies({ content, candidates }: RunToCopy, old: OldToCopy, dearness: number): ChosenPiece[] {
  let states: State[] = [{ offset: undefined, cost: 0, piece: undefined }];
  for (const [stretch, offsets] of candidates.entries()) {
    const best = Math.min(...states.map(({ cost }) => cost));
    const kept = states.filter(({ offset, cost }) => offset === undefined || cost < best + dearness * HOPELESS);
    const added = offsets.filter((offset) => !kept.some((state) => state.offset === offset));
    states = [...kept, ...added.map((offset) => ({ offset, cost: IMPOSSIBLE, piece: undefined }))];
    const end = Math.min(content.bytes.length, (stretch + 1) * STRETCH_BYTES);
    for (let at = stretch * STRETCH_BYTES; at < end; at += 2) {
      begin(states, at, dearness);
      for (const state of states) state.cost += state.offset === undefined ? 2 * COST.newByte : copyCost(content, at, old, at + state.offset);
    }
  }
  return piecesOf(cheapest(states).piece, content.bytes.length);
}

function cheapest(states: readonly State[]): State {
  return states.reduce((best, state) => (state.cost < best.cost ? state : best));
}

/** Lets every piece begin here for which that is the cheapest way. */
function begin(states: readonly State[], at: number, dearness: number): void {
  const { offset: bestOffset, cost: bestCost, piece: bestPiece } = cheapest(states);
  for (const state of states) {
    const isBest = state.offset === bestOffset;
    const cost = bestCost + dearness * (state.offset === undefined ? COST.newBegins : COST.copyBegins);
    if (isBest ? state.piece !== undefined : state.cost <= cost) continue;
    if (!isBest) state.cost = cost;
    state.piece = { from: at, offset: state.offset, before: bestPiece };
  }
}

/** Of a half-word. */
function copyCost(content: NeutralContent, at: number, { neutral, readable, expectedTargets }: OldToCopy, oldAt: number): number {
  if (readable[oldAt] !== 1 || readable[oldAt + 1] !== 1) return IMPOSSIBLE;
  const wrong = (neutral.bytes[oldAt] === content.bytes[at] ? 0 : COST.wrongByte) + (neutral.bytes[oldAt + 1] === content.bytes[at + 1] ? 0 : COST.wrongByte);
  const target = content.targets[at >> 1]!;
  if (target === 0 || wrong !== 0 || oldAt % 2 !== 0) return wrong;
  const expected = expectedTargets[oldAt >> 1]!;
  return expected === 0 || expected === target ? 0 : COST.wrongTarget;
}

function piecesOf(last: Begun | undefined, length: number): ChosenPiece[] {
  const pieces: ChosenPiece[] = [];
  let to = length;
  for (let piece = last; piece !== undefined; piece = piece.before) {
    if (piece.from === to) continue;
    pieces.unshift({ from: piece.from, to, offset: piece.offset });
    to = piece.from;
  }
  return pieces;
}
