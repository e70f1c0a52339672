/**
 * The round trip as it was measured, and the patience that follows from it (RFC 6298 §2, gains 1/8 and 1/4).
 *
 * A value that learns; it owns no clock and knows no wire: callers subtract wire time and work before they observe, and add them
 * when they wait.
 */
export class RoundTrip {
  #smoothedMs = 0;
  #variationMs = 0;
  #minMs = Infinity;
  #maxMs = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Smoothed; 0 before the first observation. */
  get smoothedMs(): number {
    return this.#smoothedMs;
  }

  get variationMs(): number {
    return this.#variationMs;
  }

  /** The link's floor, with queues empty; Infinity before the first observation. */
  get minMs(): number {
    return this.#minMs;
  }

  /** 0 before the first observation. */
  get maxMs(): number {
    return this.#maxMs;
  }

  /** Never feed it the answer to something that was sent twice: which of the two was answered is unknown (Karn, RFC 6298 §3). */
  observe(roundTripMs: number): void {
    const sampleMs = Math.max(0, roundTripMs);
    if (this.#count === 0) {
      this.#smoothedMs = sampleMs;
      this.#variationMs = sampleMs / 2;
    } else {
      this.#variationMs += (Math.abs(this.#smoothedMs - sampleMs) - this.#variationMs) / 4;
      this.#smoothedMs += (sampleMs - this.#smoothedMs) / 8;
    }
    this.#minMs = Math.min(this.#minMs, sampleMs);
    this.#maxMs = Math.max(this.#maxMs, sampleMs);
    this.#count++;
  }

  /**
   * How long to wait for an answer whose absence is ordinary: RFC 6298's RTO with a granularity of 50 ms (packetisation in the
   * converter, TCP's delayed ACKs) in place of its floor of one second, which is made for congestion and not for a wire of one's own.
   */
  timeoutMs(extraMs: number): number {
    return this.#smoothedMs + Math.max(50, 4 * this.#variationMs) + extraMs;
  }

  /**
   * How long to wait before an answer counts as lost and the job as failed. On a calm link `timeoutMs` shrinks to little more than one
   * round trip, and a mobile link doubles its own without notice: so never less than three times the worst seen, and a second.
   */
  patienceMs(extraMs: number): number {
    return this.hesitationMs(extraMs) + 1000;
  }

  /** The same where nothing is given up yet, only held back for as long as nothing comes. */
  hesitationMs(extraMs: number): number {
    return Math.max(this.timeoutMs(0), 3 * this.#maxMs) + extraMs;
  }
}
