/**
 * Sends no faster than the serial line behind the link can take it: what goes out in a burst fills the converter's buffer, and many
 * converters have 1 KiB of it and drop the rest.
 */
import { lineTimeMs } from './line-settings.js';
import type { Link } from './link.js';

/** One burst may stand in the converter's buffer when the next arrives: both together stay below the 1 KiB that common converters have. */
const BURST_BYTES = 480;

export class LinePacer {
  readonly #link: Link;
  /** When the line will have sent everything handed over so far, in the link's time. */
  #freeAtMs = 0;
  /** Bytes handed over so far. */
  sentBytes = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  /** When the next burst may go out. */
  get readyAtMs(): number {
    return this.#freeAtMs - lineTimeMs(BURST_BYTES, this.#link.line);
  }

  /** When the line will be idle if nothing more is sent. */
  get freeAtMs(): number {
    return Math.max(this.#freeAtMs, this.#link.now());
  }

  /** Hands over the next burst of `bytes` beginning at `from`, to be called when it is ready. Returns where the following one begins. */
  async sendBurst(bytes: Uint8Array, from: number): Promise<number> {
    const burst = bytes.subarray(from, from + BURST_BYTES);
    this.#freeAtMs = this.freeAtMs + lineTimeMs(burst.length, this.#link.line);
    this.sentBytes += burst.length;
    await this.#link.send(burst);
    return from + burst.length;
  }
}
