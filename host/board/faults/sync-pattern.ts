/**
 * The in-band reconfiguration of a family of converters: `55 AA 55`, three bytes of baud rate (big-endian), a parameter byte and the low byte
 * of the sum of these four. A valid one is obeyed at once, answers nothing and is not passed on; anything else is passed on.
 */

export interface SyncRequest {
  readonly baudRate: number;
  /** Bits 1:0 data bits - 5, bit 2 two stop bits, bit 3 parity on, bits 5:4 odd 0, even 1. */
  readonly parameter: number;
}

const PREAMBLE = [0x55, 0xaa, 0x55] as const;
const PATTERN_BYTES = 8;
/** What such a converter can be set to. */
const RATES = { lowest: 600, highest: 1_000_000 } as const;

export class SyncPatternFilter {
  readonly #onRequest: (request: SyncRequest) => void;
  /** Bytes that may still become a pattern. */
  #held: number[] = [];

  constructor(onRequest: (request: SyncRequest) => void) {
    this.#onRequest = onRequest;
  }

  pass(bytes: Uint8Array): Uint8Array {
    const passed: number[] = [];
    for (const byte of bytes) {
      this.#held.push(byte);
      this.#settle(passed);
    }
    // The model looks at the bytes of one segment: what cannot be completed there is no pattern.
    passed.push(...this.#held);
    this.#held = [];
    return Uint8Array.from(passed);
  }

  #settle(passed: number[]): void {
    while (this.#held.length > 0) {
      const begins = PREAMBLE.slice(0, this.#held.length).every((byte, at) => byte === this.#held[at]);
      if (begins && this.#held.length < PATTERN_BYTES) return;
      const request = begins ? this.#request() : undefined;
      if (request !== undefined) {
        this.#held = [];
        this.#onRequest(request);
        return;
      }
      passed.push(this.#held.shift() ?? 0);
    }
  }

  #request(): SyncRequest | undefined {
    const [high = 0, middle = 0, low = 0, parameter = 0, checksum = 0] = this.#held.slice(PREAMBLE.length);
    const baudRate = (high << 16) | (middle << 8) | low;
    const isObeyed = ((high + middle + low + parameter) & 0xff) === checksum && baudRate >= RATES.lowest && baudRate <= RATES.highest;
    return isObeyed ? { baudRate, parameter } : undefined;
  }
}
