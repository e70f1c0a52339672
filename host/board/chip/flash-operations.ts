/** Programs and erases of one bank when they leave the queue: whether they may, how long they take, what they do to the cells. */
import type { Parallelism } from '../../device/h7-part.js';
import type { Tick } from '../time.js';
import { msToTicks, TICKS_PER_US } from '../time.js';
import type { FlashBankContext } from './flash-bank-context.js';
import { hexAddress } from './flash-bank-context.js';
import type { FlashOperation } from './flash-memory.js';
import type { FlashCommand, FlashQueueOwner, RunningCommand } from './flash-queue.js';
import { FLASH_SR } from './flash-registers.js';
import { areaTouches } from './option-bytes.js';

export class FlashOperations implements FlashQueueOwner {
  readonly #bank: FlashBankContext;
  readonly #parallelism: () => Parallelism;

  constructor(bank: FlashBankContext, parallelism: () => Parallelism) {
    this.#bank = bank;
    this.#parallelism = parallelism;
  }

  /** Protection is checked here, "just before the effective write operation" (RM0399 §4.3.9), not when the store is accepted. */
  begin(command: FlashCommand, tick: Tick): number | undefined {
    const { options } = this.#bank;
    const isProgram = command.kind === 'program';
    if (tick >= options.memory.supplyEndsAtTick) return undefined;
    if (this.#isWriteProtected(command)) {
      this.#bank.raise(FLASH_SR.WRPERR);
      this.#bank.violate(isProgram ? 'flash-write-protected' : 'flash-erase-protected', hexAddress(command.address), tick);
      return undefined;
    }
    if (isProgram && options.isReadOutProtected()) {
      this.#bank.raise(FLASH_SR.WRPERR);
      return undefined;
    }
    if (isProgram) this.#checkErased(command.address, tick);
    options.memory.setReadable(options.bankIndex, false);
    const duration = this.#durationTicks(command);
    options.memory.onOperation?.(this.#operation({ command, startTick: tick, endTick: tick + duration }));
    return duration;
  }

  finish(running: RunningCommand): void {
    const { command } = running;
    const { memory, bankIndex } = this.#bank.options;
    if (memory.supplyEndsAtTick < running.endTick) return this.interrupt(running, memory.supplyEndsAtTick);
    const offset = command.address - this.#bank.base;
    if (command.data !== undefined) memory.program(bankIndex, offset, command.data);
    else memory.erase(bankIndex, offset, command.lengthBytes);
    this.#bank.raise(FLASH_SR.EOP);
  }

  /** Power or clock went away under it. */
  interrupt(running: RunningCommand, tick: Tick): void {
    const { memory } = this.#bank.options;
    memory.interrupt(this.#operation(running), running.command.data, Math.min(tick, memory.supplyEndsAtTick));
  }

  #checkErased(address: number, tick: Tick): void {
    const state = this.#bank.options.memory.stateAt(address);
    if (state === 'programmed') this.#bank.violate('flash-word-written-twice', hexAddress(address), tick);
    else if (state !== 'erased') this.#bank.violate('flash-word-not-erased', `${hexAddress(address)} (${state})`, tick);
  }

  #isWriteProtected(command: FlashCommand): boolean {
    const { part, layout, optionBytes, bankIndex } = this.#bank.options;
    const bytesPerBit = part.sectorBytes * layout.sectorsPerWpsnBit;
    const first = Math.floor((command.address - this.#bank.base) / bytesPerBit);
    const last = Math.floor((command.address - this.#bank.base + command.lengthBytes - 1) / bytesPerBit);
    const wpsn = optionBytes.wpsn[bankIndex] ?? 0;
    for (let bit = first; bit <= last; bit++) if (((wpsn >>> bit) & 1) === 0) return true;
    const offset = command.address - this.#bank.base;
    return [optionBytes.prar, optionBytes.scar].some((registers) => areaTouches(registers[bankIndex]!, offset, command.lengthBytes));
  }

  /** The times of a whole-bank erase were found nowhere: that of its sectors one after the other. */
  #durationTicks(command: FlashCommand): number {
    const { part, timing } = this.#bank.options;
    const times = part.flashTiming[this.#parallelism()];
    if (command.kind === 'program') return times.wordProgramUs[timing] * TICKS_PER_US;
    return (msToTicks(times.sectorEraseMs[timing]) * command.lengthBytes) / part.sectorBytes;
  }

  #operation({ command, startTick, endTick }: RunningCommand): FlashOperation {
    const { kind, address, lengthBytes } = command;
    return { kind, bank: this.#bank.options.bankIndex, address, lengthBytes, startTick, endTick };
  }
}
