/**
 * Runs many seeded cases one after the other, tells how far it is, and sums up. A case is its number: the command that is printed beside a
 * failure runs that one again.
 */
import { expect } from 'vitest';

export interface Verdict {
  /** What became of it, in a few words; cases are counted by it. */
  readonly outcome: string;
  /** Undefined: as it must be. */
  readonly wrong?: string | undefined;
}

export interface Soak {
  /** Also the name of the test, for the command that repeats a case. */
  readonly name: string;
  readonly cases: number;
  readonly run: (seed: number) => Promise<Verdict>;
}

const SAY_EVERY_MS = 15_000;
const MOST_FAILURES = 20;

/** SOAK_SEED: only this case, or `FROM-TO`, both among them. SOAK_CASES: so many, evenly spread over all. */
function seedsOf(cases: number): readonly number[] {
  const { SOAK_SEED, SOAK_CASES } = process.env;
  if (SOAK_SEED !== undefined) {
    const [from, to = from] = SOAK_SEED.split('-').map(Number) as [number, number?];
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  }
  const count = Math.min(cases, Number(SOAK_CASES ?? cases));
  return Array.from({ length: count }, (_, index) => Math.floor((index * cases) / count));
}

export async function soak({ name, cases, run }: Soak): Promise<void> {
  const seeds = seedsOf(cases);
  const tally = new Map<string, number>();
  const failures: string[] = [];
  let saidMs = performance.now();
  const say = (text: string): void => console.log(`${name}: ${text}`);
  say(`${seeds.length} of ${cases} cases`);
  for (const [done, seed] of seeds.entries()) {
    const { outcome, wrong } = await run(seed);
    tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
    if (wrong !== undefined) {
      failures.push(`case ${seed}: ${wrong}`);
      say(`case ${seed}: ${wrong}\n  again: SOAK_SEED=${seed} npx vitest run --config test/soak/vitest.config.ts -t '${name}'`);
      if (failures.length === MOST_FAILURES) break;
    }
    if (performance.now() - saidMs >= SAY_EVERY_MS) {
      saidMs = performance.now();
      say(`${done + 1} of ${seeds.length}, ${failures.length} wrong`);
    }
  }
  for (const [outcome, count] of [...tally].sort()) say(`${String(count).padStart(6)} ${outcome}`);
  expect(failures).toEqual([]);
}
