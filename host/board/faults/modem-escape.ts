/**
 * A GSM terminal in transparent mode, wired to the board: DLE ETX anywhere in what the board says, or `+++` by itself after a second of
 * quiet, takes it out of data mode. It sends neither, and passes nothing either way until the next connection puts it back.
 */
import { TICKS_PER_SECOND, type Tick } from '../time.js';

const DLE = 0x10;
const PLUS = 0x2b;
/** Guard time of `+++`; the one behind it is not waited for. */
const GUARD_TICKS = TICKS_PER_SECOND;

export class ModemEscape {
  readonly #etx: number;
  #isInDataMode = true;
  #endsWithDle = false;
  #lastTick: Tick = 0;

  constructor(etx: number) {
    this.#etx = etx;
  }

  connected(): void {
    this.#isInDataMode = true;
    this.#endsWithDle = false;
  }

  fromBoard(bytes: Uint8Array, tick: Tick): Uint8Array {
    const wasQuiet = tick - this.#lastTick >= GUARD_TICKS;
    this.#lastTick = tick;
    if (!this.#isInDataMode) return new Uint8Array();
    if (wasQuiet && bytes.length === 3 && bytes.every((byte) => byte === PLUS)) {
      this.#isInDataMode = false;
      return new Uint8Array();
    }
    const escape = this.#findEscape(bytes);
    if (escape === undefined) return bytes;
    this.#isInDataMode = false;
    return bytes.subarray(0, escape);
  }

  fromHost(bytes: Uint8Array): Uint8Array {
    return this.#isInDataMode ? bytes : new Uint8Array();
  }

  /** Where DLE ETX begins; it may have begun in the packet before. */
  #findEscape(bytes: Uint8Array): number | undefined {
    for (let at = 0; at < bytes.length; at++) {
      if (this.#endsWithDle && bytes[at] === this.#etx) return Math.max(0, at - 1);
      this.#endsWithDle = bytes[at] === DLE;
    }
    return undefined;
  }
}
