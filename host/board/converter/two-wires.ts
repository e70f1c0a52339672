/**
 * A two-wire line (RS-485): one pair for both directions, so whoever speaks is alone or nobody is understood. Each end's transceiver drives the pair
 * while it sends and for a moment afterwards, and hears nothing meanwhile.
 *
 * What the board says while the converter drives is lost to the character. What the converter says while the board drives reaches the board as garbage,
 * by whole runs: it is known when a run begins, no later (TWO_WIRES_RUN_BYTES).
 */
import type { Character } from '../line-decoder.js';
import type { Random } from '../random.js';
import type { LineRun } from '../serial-line.js';
import { characterTicks } from '../serial-line.js';
import type { Tick } from '../time.js';

/** The board may begin to speak in the middle of a run: short ones keep small what is passed unharmed or garbled without need. */
export const TWO_WIRES_RUN_BYTES = 4;

export interface TwoWiresOptions {
  /** From the last stop bit until an end has let go of the line and hears. */
  readonly turnaroundTicks: Tick;
  readonly isBoardSending: () => boolean;
  readonly random: Random;
}

export class TwoWires {
  /** Characters of either direction that were not heard as they were sent. */
  collidedCharacters = 0;
  readonly #options: TwoWiresOptions;
  #converterUntilTick: Tick = -Infinity;
  #boardUntilTick: Tick = -Infinity;

  constructor(options: TwoWiresOptions) {
    this.#options = options;
  }

  /** The converter is about to send a run. @returns what the board hears of it */
  toBoard(run: LineRun): LineRun {
    const { turnaroundTicks, isBoardSending, random } = this.#options;
    this.#converterUntilTick = run.startTick + run.bytes.length * characterTicks(run.format) + turnaroundTicks;
    if (!isBoardSending() && run.startTick >= this.#boardUntilTick) return run;
    this.collidedCharacters += run.bytes.length;
    return { ...run, bytes: random.fill(new Uint8Array(run.bytes.length)) };
  }

  /** The board has sent a run, or begun to. */
  fromBoard(run: LineRun): void {
    this.#boardUntilTick = run.startTick + run.bytes.length * characterTicks(run.format) + this.#options.turnaroundTicks;
  }

  /** A character of which the converter misses the beginning is none. */
  hears({ endTick }: Character, lengthTicks: Tick): boolean {
    const isHeard = endTick - lengthTicks >= this.#converterUntilTick;
    if (!isHeard) this.collidedCharacters++;
    return isHeard;
  }
}
