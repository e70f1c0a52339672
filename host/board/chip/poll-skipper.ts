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
  /** When it was read last, in time that the program spent itself: what was skipped does not count. */
  spentTick: Tick;
  repeats: number;
  /** Stores that had gone out by then. */
  stores: number;
  /** Which of all reads that was. */
  lastRead: number;
}

export interface PollSkipperOptions {
  /** Most ticks to pass at once; 0 never skips. */
  readonly skipTicks: number;
  readonly nextChange: (tick: Tick) => Tick;
  readonly stall: (ticks: number) => void;
}

export class PollSkipper {
  readonly #options: PollSkipperOptions;
  /** By register address; a handful. */
  readonly #polls = new Map<number, Poll>();
  /** Where the loop is skipped: a turn that reads several registers passes once, not once for each. */
  #leader: Poll | undefined;
  #skippedTicks = 0;
  #stores = 0;
  #reads = 0;

  constructor(options: PollSkipperOptions) {
    this.#options = options;
  }

  /** A register that programs poll was read. */
  afterRead(address: number, value: number, tick: Tick): void {
    const { skipTicks } = this.#options;
    if (skipTicks === 0) return;
    const poll = this.#pollOf(address);
    const spentTick = tick - this.#skippedTicks;
    const isRepeated = poll.value === value && this.#isFresh(poll, spentTick);
    poll.value = value;
    poll.stores = this.#stores;
    poll.spentTick = spentTick;
    poll.repeats = isRepeated ? poll.repeats + 1 : 0;
    const isLed = poll !== this.#leader && this.#leadsSince(poll.lastRead);
    poll.lastRead = ++this.#reads;
    if (poll.repeats < READS_BEFORE_SKIP || isLed) return;
    this.#leader = poll;
    const ticks = Math.floor(Math.min(this.#options.nextChange(tick) - tick, skipTicks));
    if (ticks <= 0) return;
    this.#skippedTicks += ticks;
    this.#options.stall(ticks);
  }

  /** A store went out: whatever was read before may read differently now. */
  afterWrite(): void {
    this.#stores++;
  }

  /** A leader that was not read for a whole turn belongs to another loop, or to a branch that is rarely taken. */
  #leadsSince(read: number): boolean {
    return this.#leader !== undefined && this.#leader.lastRead > read && this.#leader.repeats >= READS_BEFORE_SKIP;
  }

  /** Read a short while ago, with no store since. */
  #isFresh(poll: Poll, spentTick: Tick): boolean {
    return poll.stores === this.#stores && spentTick - poll.spentTick <= LOOP_TICKS;
  }

  #pollOf(address: number): Poll {
    const known = this.#polls.get(address);
    if (known !== undefined) return known;
    const fresh: Poll = { value: 0, spentTick: -Infinity, repeats: 0, stores: 0, lastRead: 0 };
    this.#polls.set(address, fresh);
    return fresh;
  }
}
