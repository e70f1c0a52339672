/**
 * A run that a receiver takes as it was sent, because format and settings fit: when each of its characters is complete is arithmetic,
 * however long the run is. run × settings → **clean run** → receiver; knows no line and no buffer.
 */
import { bitsPerCharacter } from '../../link/line-settings.js';
import type { LineRun } from '../serial-line.js';
import { bitTicks } from '../serial-line.js';
import type { Tick } from '../time.js';
import { completionTicks } from './usart-sampler.js';
import type { UsartSettings } from './usart-settings.js';

export class CleanRun {
  readonly run: LineRun;
  readonly settings: UsartSettings;
  readonly #bitsPerCharacter: number;
  readonly #bitTicks: number;
  readonly #completionTicks: Tick;

  constructor(run: LineRun, settings: UsartSettings) {
    this.run = run;
    this.settings = settings;
    this.#bitsPerCharacter = bitsPerCharacter(run.format);
    this.#bitTicks = bitTicks(run.format);
    this.#completionTicks = completionTicks(settings);
  }

  /** When the start bit of a character falls: the same sum as LineWaveform's. */
  startsAt(character: number): Tick {
    return this.run.startTick + character * this.#bitsPerCharacter * this.#bitTicks;
  }

  completesAt(character: number): Tick {
    return this.startsAt(character) + this.#completionTicks;
  }

  /** How many characters from `first` on are complete at `tick`. */
  countComplete(first: number, tick: Tick): number {
    const sinceFirst = tick - this.completesAt(first);
    if (sinceFirst < 0) return 0;
    const most = this.run.bytes.length - first;
    let count = Math.min(most, Math.floor(sinceFirst / (this.#bitsPerCharacter * this.#bitTicks)) + 1);
    // The quotient may round across a character; what counts is the sum that any other slicing of time computes.
    while (count > 1 && this.completesAt(first + count - 1) > tick) count--;
    while (count < most && this.completesAt(first + count) <= tick) count++;
    return count;
  }
}
