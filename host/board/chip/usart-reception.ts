/**
 * From complete characters to their reader: straight to a DMA stream where one serves, otherwise into the buffer, and overrun where
 * that is full. receiver → **reception** → buffer, DMA; knows no line.
 */
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';
import type { DmaServer } from './dma-request.js';
import { reportSerial } from './serial-violations.js';
import { ReceiveBuffer } from './usart-receive-buffer.js';
import type { CleanRun } from './usart-clean-run.js';
import type { UsartRegisterFile } from './usart-register-file.js';
import { CR1, CR3, ISR, USART } from './usart-registers.js';
import { parityBit } from './usart-settings.js';

export interface ReceptionOptions {
  readonly name: string;
  readonly violations: Violations;
  readonly registers: UsartRegisterFile;
  /** The stream that serves the RX request. */
  readonly server: () => DmaServer | undefined;
}

export class UsartReception {
  readonly buffer = new ReceiveBuffer();
  readonly #options: ReceptionOptions;

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  receiveClean(clean: CleanRun, first: number, count: number): void {
    const { run } = clean;
    const end = first + count;
    let index = first;
    if (this.buffer.count === 0) index += this.#server()?.store(run.bytes, first, count, clean.completesAt(end - 1)) ?? 0;
    if (index === end) return;
    const hasNinthBit = this.#options.registers.has(USART.CR1, CR1.M0);
    for (; index < end; index++) {
      const byte = run.bytes[index] ?? 0;
      this.receive(hasNinthBit ? byte | (parityBit(byte, run.format.parity) << 8) : byte, 0, clean.completesAt(index));
    }
  }

  receive(word: number, errors: number, tick: Tick): void {
    if (!this.buffer.push(word, errors)) {
      if (this.#options.registers.has(USART.CR3, CR3.OVRDIS)) this.buffer.overwrite(word, errors);
      else this.#overrun(tick);
    }
    this.drain(tick);
  }

  /** Hands what waits to DMA. */
  drain(tick: Tick): void {
    if (this.buffer.count === 0) return;
    this.buffer.drain((byte) => this.#server()?.store(Uint8Array.of(byte), 0, 1, tick) === 1);
  }

  /**
   * The stream that reads RDR. DDRE masks the request until the error flags are cleared. Without it a damaged character is moved like
   * any other: that the manual has it withheld is about Smartcard mode.
   */
  #server(): DmaServer | undefined {
    const isMasked = this.buffer.flags !== 0 && this.#options.registers.has(USART.CR3, CR3.DDRE);
    return isMasked ? undefined : this.#options.server();
  }

  #overrun(tick: Tick): void {
    const isFirst = (this.buffer.flags & ISR.ORE) === 0;
    this.buffer.flags |= ISR.ORE;
    if (!isFirst) return;
    const message = `${this.#options.name}: no room for a character, ${this.buffer.count} unread`;
    reportSerial(this.#options.violations, 'usart-overrun', message, tick);
  }
}
