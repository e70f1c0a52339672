/** The write buffer of a bank: one flash word that fills store by store, in any access size (RM0399 §4.3.9). */
import type { AccessSize } from '../cpu/bus.js';

/** What a store did besides going into the buffer. */
export interface BufferedStore {
  readonly isComplete: boolean;
  /** First store of a flash word, but not at its start. */
  readonly startedInside: boolean;
  readonly changedSize: boolean;
  readonly hitSameByte: boolean;
}

export class FlashWriteBuffer {
  /** 0xFF where nobody has stored. */
  readonly #bytes: Uint8Array;
  readonly #written: Uint8Array;
  #writtenCount = 0;
  #address = 0;
  #size: AccessSize = 4;

  constructor(flashWordBytes: number) {
    this.#bytes = new Uint8Array(flashWordBytes).fill(0xff);
    this.#written = new Uint8Array(flashWordBytes);
  }

  /** FLASH_SR.WBNE. */
  get isPartlyFilled(): boolean {
    return this.#writtenCount > 0;
  }

  /** Nothing in it would clear a bit. */
  get holdsOnlyOnes(): boolean {
    return this.#bytes.every((byte) => byte === 0xff);
  }

  /** Does the store belong to the flash word that is being filled, or begin a new one? */
  accepts(address: number): boolean {
    return !this.isPartlyFilled || this.#wordOf(address) === this.#address;
  }

  put(address: number, size: AccessSize, value: number): BufferedStore {
    const first = !this.isPartlyFilled;
    if (first) this.#address = this.#wordOf(address);
    const changedSize = !first && size !== this.#size;
    this.#size = size;
    const at = address - this.#address;
    let hitSameByte = false;
    for (let index = 0; index < size; index++) {
      if (this.#written[at + index] === 1) hitSameByte = true;
      else this.#writtenCount++;
      this.#written[at + index] = 1;
      this.#bytes[at + index] = (value >>> (8 * index)) & 0xff;
    }
    return { isComplete: this.#writtenCount === this.#bytes.length, startedInside: first && at !== 0, changedSize, hitSameByte };
  }

  /** Empties the buffer; bytes that nobody stored are 0xFF. */
  take(): { readonly address: number; readonly data: Uint8Array } {
    const data = this.#bytes.slice();
    this.flush();
    return { address: this.#address, data };
  }

  flush(): void {
    this.#bytes.fill(0xff);
    this.#written.fill(0);
    this.#writtenCount = 0;
  }

  #wordOf(address: number): number {
    return address - (address % this.#bytes.length);
  }
}
