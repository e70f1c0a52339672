/**
 * Runs a world beside the clock on the wall, for clients outside this process: virtual time follows real time by a factor. When the
 * machine cannot keep up, the board's time is late, and that is said, not hidden.
 */
import { ticksToMs, msToTicks } from './time.js';
import type { World } from './world.js';

export interface WallClockOptions {
  /** Virtual seconds per real second. */
  readonly scale: number;
  /** The board's time is `behindMs` of real time late; told when that has doubled since it was told. */
  readonly onBehind: (behindMs: number) => void;
  /** The world threw: a violation, or a defect. It runs no more. */
  readonly onFailure: (error: unknown) => void;
}

/** Between two looks at the clock when nothing comes in. */
const PERIOD_MS = 2;
/** The longest stretch without a look at sockets and signals. */
const LONGEST_TURN_MS = 20;
/** Virtual time between two looks at the wall clock within a turn. */
const STEP_MS = 1;
const WORTH_TELLING_MS = 250;

export class WallClock {
  readonly #world: World;
  readonly #options: WallClockOptions;
  #startMs = 0;
  #startTick = 0;
  #timer: NodeJS.Timeout | undefined;
  #toldBehindMs = WORTH_TELLING_MS / 2;

  constructor(world: World, options: WallClockOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** The world's present is now. */
  start(): void {
    this.#startMs = performance.now();
    this.#startTick = this.#world.now;
    this.#schedule();
  }

  /** Brings the world to the present, as far as one turn goes. Call before anything from outside reaches it. */
  catchUp(): void {
    if (this.#timer === undefined) return;
    const presentTick = this.#presentTick();
    const turnEndMs = performance.now() + LONGEST_TURN_MS;
    try {
      while (this.#world.now < presentTick && performance.now() < turnEndMs) {
        this.#world.run(Math.min(presentTick, this.#world.now + msToTicks(STEP_MS)));
      }
    } catch (error) {
      this.stop();
      this.#options.onFailure(error);
      return;
    }
    this.#tellBehind();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.catchUp();
      if (this.#timer !== undefined) this.#schedule();
    }, PERIOD_MS);
  }

  #presentTick(): number {
    return this.#startTick + msToTicks((performance.now() - this.#startMs) * this.#options.scale);
  }

  #behindMs(): number {
    return ticksToMs(this.#presentTick() - this.#world.now) / this.#options.scale;
  }

  #tellBehind(): void {
    const behindMs = this.#behindMs();
    if (behindMs < 2 * this.#toldBehindMs) return;
    this.#toldBehindMs = behindMs;
    this.#options.onBehind(behindMs);
  }
}
