/**
 * Bytes per second as they were really got through lately, and what they promise. Retries and skipped sectors show in it, because it
 * counts progress and not traffic.
 */

export interface Goodput {
  readonly bytesPerSecond: number;
  readonly remainingSeconds: number;
}

interface Sample {
  readonly atMs: number;
  readonly done: number;
}

/** Long enough to smooth one sector's erase, short enough to show a link that has become slower. */
const WINDOW_MS = 10_000;
/** Before, a rate would be a guess. */
const SHORTEST_MS = 500;

export class GoodputMeter {
  #samples: Sample[] = [];

  /** Undefined until there is something to tell. */
  observe(done: number, total: number, atMs: number): Goodput | undefined {
    this.#samples.push({ atMs, done });
    // One sample older than the window stays: the window then reaches back to it.
    const young = this.#samples.findIndex((sample) => sample.atMs > atMs - WINDOW_MS);
    this.#samples = this.#samples.slice(Math.max(0, young - 1));
    const [oldest] = this.#samples;
    if (oldest === undefined || atMs - oldest.atMs < SHORTEST_MS || done <= oldest.done) return undefined;
    const bytesPerSecond = ((done - oldest.done) * 1000) / (atMs - oldest.atMs);
    return { bytesPerSecond, remainingSeconds: (total - done) / bytesPerSecond };
  }
}
