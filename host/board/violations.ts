/**
 * Things that a program may do on silicon, that silicon may even forgive, and that must never happen in a cabinet: an unclocked
 * peripheral, a flash word written twice, an overrun … Each has a name; the board reports it and, by default, stops there.
 */
import type { Tick } from './time.js';
import { ticksToMs } from './time.js';

export interface Violation {
  /** Stable, kebab-case: `flash-word-written-twice`. */
  readonly name: string;
  /** One sentence with the numbers in it. */
  readonly message: string;
  readonly tick: Tick;
}

/** Thrown out of the running board when a violation is not tolerated. Not a StageFlashError: it accuses the program on the board. */
export class BoardViolation extends Error {
  override readonly name = 'BoardViolation';
  readonly violation: Violation;

  constructor(violation: Violation) {
    super(`${violation.name}: ${violation.message} (board time ${ticksToMs(violation.tick).toFixed(3)} ms)`);
    this.violation = violation;
  }
}

/** The board's conscience. Parts call `report`; whoever runs the board decides what is tolerated and reads `seen`. */
export class Violations {
  readonly seen: Violation[] = [];
  readonly #tolerated: Set<string> | 'all';

  /** @param tolerated names that are recorded but do not stop the board, or `all`. */
  constructor(tolerated: Iterable<string> | 'all' = []) {
    this.#tolerated = tolerated === 'all' ? 'all' : new Set(tolerated);
  }

  /** What the board's surroundings bring about is no mistake of the program. */
  tolerate(...names: readonly string[]): void {
    if (this.#tolerated !== 'all') names.forEach((name) => (this.#tolerated as Set<string>).add(name));
  }

  /** @throws BoardViolation unless `name` is tolerated; then the board goes on as silicon would. */
  report(name: string, message: string, tick: Tick): void {
    const violation: Violation = { name, message, tick };
    this.seen.push(violation);
    if (this.#tolerated !== 'all' && !this.#tolerated.has(name)) throw new BoardViolation(violation);
  }
}
