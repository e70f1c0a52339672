/** The engine against libunicorn, on random instructions and random sequences. Skipped aloud where the oracle is missing; CI on Linux must have it. */
import { expect, test } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { Comparison } from './oracle/comparison.js';
import type { RandomInstruction } from './oracle/random-instruction.js';
import { codeOf, randomInstruction, randomSequence, randomState } from './oracle/random-instruction.js';
import { mayDoWithout, openUnicorn } from './oracle/unicorn.js';
import type { Explained } from './oracle/verdict.js';
import { EXPLAINED, judge } from './oracle/verdict.js';

const oracle = await openUnicorn();
const isSkipped = mayDoWithout(oracle, 'CPU oracle');

const STATES = 4;
const INSTRUCTIONS = 50_000;
const SEQUENCES = 8_000;
const SEQUENCE_LENGTH = 10;

const TIMEOUT_MS = 300_000;

const shared = typeof oracle === 'string' ? undefined : new Comparison(oracle);

/** Both engines with the same seeded memory. */
function compare(random: Random): Comparison {
  if (shared === undefined) throw new Error(`the CPU oracle is missing: ${String(oracle)}`);
  shared.fillMemory((bytes) => random.fill(bytes));
  return shared;
}

/** Counts explained differences and keeps the others with what is needed to repeat them. */
class Tally {
  readonly explained = new Map<string, number>(EXPLAINED.map((name) => [name, 0]));
  readonly unexplained: string[] = [];
  #cases = 0;

  add(verdict: Explained | string | undefined, instruction: RandomInstruction, state: Uint32Array): void {
    this.#cases += 1;
    if (verdict === undefined) return;
    const count = this.explained.get(verdict);
    if (count !== undefined) this.explained.set(verdict, count + 1);
    else this.unexplained.push(`${instruction.opcode.toString(16)} ${JSON.stringify(instruction.instruction)} if ${instruction.condition}: ${verdict}; state ${[...state].map((value) => value.toString(16)).join(' ')}`);
  }

  report(what: string): void {
    console.info(`${this.#cases} ${what}; explained differences:`, Object.fromEntries(this.explained));
    expect(this.unexplained.slice(0, 10), `${this.unexplained.length} unexplained differences`).toEqual([]);
  }
}

test.skipIf(isSkipped)('random instructions from random states end as the oracle says', () => {
  const random = new Random(1);
  const comparison = compare(random);
  const tally = new Tally();
  const state = new Uint32Array(17);
  for (let drawn = 0; drawn < INSTRUCTIONS; drawn++) {
    const instruction = randomInstruction(random);
    state[15] = comparison.place(codeOf(instruction));
    for (let repeat = 0; repeat < STATES; repeat++) {
      randomState(random, state);
      const outcome = comparison.run(state);
      tally.add(judge(instruction, state, outcome, comparison.settleMemory()), instruction, state);
    }
  }
  tally.report('instructions');
}, TIMEOUT_MS);

test.skipIf(isSkipped)('random sequences end as the oracle says, or fault at the same instruction with the same registers and flags', () => {
  const random = new Random(2);
  const comparison = compare(random);
  const tally = new Tally();
  const state = new Uint32Array(17);
  for (let drawn = 0; drawn < SEQUENCES; drawn++) {
    const { code, steps } = randomSequence(random, SEQUENCE_LENGTH);
    const start = comparison.place(code);
    state[15] = start;
    for (let repeat = 0; repeat < STATES; repeat++) {
      randomState(random, state);
      const outcome = comparison.run(state);
      const last = steps.find(({ offsetBytes }) => start + offsetBytes === outcome.ours.registers[15]) ?? steps.at(-1)!;
      tally.add(judge(last, state, outcome, comparison.settleMemory()), last, state);
    }
  }
  tally.report('sequences');
}, TIMEOUT_MS);
