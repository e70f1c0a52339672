/** Software flow control as a converter does it that was set to it: XOFF from the device stops what goes there, XON lets it go on, and neither is passed on. */
import type { Tick } from '../time.js';

export const XON = 0x11;
export const XOFF = 0x13;

export class FlowGate {
  readonly #release: (bytes: Uint8Array, tick: Tick) => void;
  #isShut = false;
  #held: Uint8Array[] = [];

  constructor(release: (bytes: Uint8Array, tick: Tick) => void) {
    this.#release = release;
  }

  /** The port is opened anew: what was held for the old connection is gone. */
  connected(): void {
    this.#isShut = false;
    this.#held = [];
  }

  fromHost(bytes: Uint8Array): Uint8Array {
    if (!this.#isShut) return bytes;
    this.#held.push(bytes);
    return new Uint8Array(0);
  }

  fromBoard(bytes: Uint8Array, tick: Tick): Uint8Array {
    const last = bytes.findLast((byte) => byte === XON || byte === XOFF);
    if (last === undefined) return bytes;
    this.#isShut = last === XOFF;
    if (!this.#isShut) for (const held of this.#held.splice(0)) this.#release(held, tick);
    return bytes.filter((byte) => byte !== XON && byte !== XOFF);
  }
}
