/**
 * Sends no faster than the serial line behind the link can take it: what goes out in a burst fills the converter's buffer, and many
 * converters have 1 KiB of it and drop the rest.
 */
import { lineTimeMs } from './line-settings.js';
import type { Link } from './link.js';

/** What may stand in the converter's buffer, the burst that has just arrived included: common ones have 1 KiB. */
const CONVERTER_BYTES = 960;
/** Where bytes are a stream they go out in pieces of this size. A datagram goes out whole. */
const BURST_BYTES = 480;

export class LinePacer {
  readonly #link: Link;
  readonly #burstBytes: number;
  /** When the line will have sent everything handed over so far, in the link's time. */
  #freeAtMs = 0;
  /** Bytes handed over so far. */
  sentBytes = 0;

  constructor(link: Link) {
    this.#link = link;
    this.#burstBytes = link.datagramBytes ?? BURST_BYTES;
  }

  /** When the next burst may go out. */
  get readyAtMs(): number {
    return this.#freeAtMs - lineTimeMs(CONVERTER_BYTES - this.#burstBytes, this.#link.line);
  }

  /** When the line will be idle if nothing more is sent. */
  get freeAtMs(): number {
    return Math.max(this.#freeAtMs, this.#link.now());
  }

  /** Hands over the next burst of `bytes` beginning at `from`, to be called when it is ready. Returns where the following one begins. */
  async sendBurst(bytes: Uint8Array, from: number): Promise<number> {
    const burst = bytes.subarray(from, from + this.#burstBytes);
    this.#freeAtMs = this.freeAtMs + lineTimeMs(burst.length, this.#link.line);
    this.sentBytes += burst.length;
    await this.#link.send(burst);
    return from + burst.length;
  }
}
