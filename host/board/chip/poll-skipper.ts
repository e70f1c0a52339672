/**
 * Lets a polling loop pass in one step. A program that waits reads the same status register over and over; once it has seen the same
 * value a few times at short intervals, with no store to the bus in between, the core is stalled until something may have changed.
 *
 * What a program computes does not depend on it, provided that it measures time and does not count its own loops; tests compare.
 */
import type { Tick } from '../time.js';

/** Reads that are further apart belong to a program that does something else between them. */
const LOOP_TICKS = 2048;
/** Equal values in a row before a read counts as polling. */
const READS_BEFORE_SKIP = 2;

interface Poll {
  value: number;
  tick: Tick;
  repeats: number;
}

export interface PollSkipperOptions {
  /** Most ticks to pass at once; 0 never skips. */
  readonly skipTicks: number;
  readonly nextChange: (tick: Tick) => Tick;
  readonly stall: (ticks: number) => void;
}

export class PollSkipper {
  readonly #options: PollSkipperOptions;
  readonly #polls = new Map<number, Poll>();

  constructor(options: PollSkipperOptions) {
    this.#options = options;
  }

  /** A register that programs poll was read. */
  afterRead(address: number, value: number, tick: Tick): void {
    if (this.#options.skipTicks === 0) return;
    const poll = this.#polls.get(address);
    if (poll === undefined || poll.value !== value || tick - poll.tick > LOOP_TICKS) {
      this.#polls.set(address, { value, tick, repeats: 0 });
      return;
    }
    poll.tick = tick;
    poll.repeats++;
    if (poll.repeats < READS_BEFORE_SKIP) return;
    const ticks = Math.floor(Math.min(this.#options.nextChange(tick) - tick, this.#options.skipTicks));
    if (ticks <= 0) return;
    this.#options.stall(ticks);
    for (const each of this.#polls.values()) each.tick += ticks;
  }

  /** A store went out: whatever was read before may read differently now. */
  afterWrite(): void {
    if (this.#polls.size > 0) this.#polls.clear();
  }
}
