/**
 * RDR and the receive FIFO behind it, with the error flags that travel with each character.
 * receiver → **receive buffer** → program or DMA; knows no time and no line.
 */
import { FIFO_DEPTH, ISR } from './usart-registers.js';

const ERROR_SHIFT = 16;

export class ReceiveBuffer {
  /** PE, FE, NE and ORE at their ISR positions. */
  flags = 0;
  #depth = 1;
  /** Each entry: the word, and its error flags above it. */
  #entries: number[] = [];
  #lastRead = 0;

  /** Empties the buffer and clears its flags, as UE = 0 does. */
  configure(fifoEnabled: boolean): void {
    this.#depth = fifoEnabled ? FIFO_DEPTH : 1;
    this.#entries = [];
    this.flags = 0;
  }

  get count(): number {
    return this.#entries.length;
  }

  get isFull(): boolean {
    return this.#entries.length >= this.#depth;
  }

  /** Returns false where there was no room and the character is lost. */
  push(word: number, errors: number): boolean {
    if (this.isFull) return false;
    this.#entries.push(word | (errors << ERROR_SHIFT));
    if (this.#entries.length === 1) this.#showHead();
    return true;
  }

  /** With OVRDIS: the character replaces the one in RDR. */
  overwrite(word: number, errors: number): void {
    this.#entries = [word | (errors << ERROR_SHIFT)];
    this.#showHead();
  }

  /** A load from RDR. An empty RDR shows what was read last. */
  read(): number {
    const entry = this.#entries.shift();
    if (entry === undefined) return this.#lastRead;
    this.#lastRead = entry & 0x1ff;
    this.#showHead();
    return this.#lastRead;
  }

  /** RQR.RXFRQ. */
  flush(): void {
    this.#entries = [];
  }

  /** Hands over character by character until `take` refuses one. */
  drain(take: (byte: number) => boolean): void {
    for (;;) {
      const head = this.#entries[0];
      if (head === undefined || !take(head & 0xff)) return;
      this.read();
    }
  }

  /** PE, FE and NE belong to the character in RDR (RM0433 §48); once set they stay until ICR. */
  #showHead(): void {
    this.flags |= ((this.#entries[0] ?? 0) >> ERROR_SHIFT) & (ISR.PE | ISR.FE | ISR.NE);
  }
}
