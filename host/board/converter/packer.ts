/**
 * How a converter turns characters into packets: it waits until the line has been quiet for the packing interval or the packet is
 * full. The waiting is what a short answer pays on top of the round trip.
 */
import type { Character } from '../line-decoder.js';
import type { Scheduler } from '../event-queue.js';
import type { Tick } from '../time.js';

export interface PackerOptions {
  readonly intervalTicks: Tick;
  readonly lengthBytes: number;
}

export class Packer {
  /** Quiet time that ends a packet. */
  intervalTicks: Tick;
  readonly #lengthBytes: number;
  readonly #scheduler: Scheduler;
  readonly #onPacket: (bytes: Uint8Array, tick: Tick) => void;
  #pending: number[] = [];
  #lastTick: Tick = 0;
  #cancelTimer: () => void = () => undefined;

  constructor(options: PackerOptions, scheduler: Scheduler, onPacket: (bytes: Uint8Array, tick: Tick) => void) {
    this.intervalTicks = options.intervalTicks;
    this.#lengthBytes = options.lengthBytes;
    this.#scheduler = scheduler;
    this.#onPacket = onPacket;
  }

  /** Characters in the order in which they came; they may be learned of a little after they ended. */
  push(characters: readonly Character[]): void {
    this.#cancelTimer();
    for (const { byte, endTick } of characters) {
      if (this.#pending.length > 0 && endTick - this.#lastTick > this.intervalTicks) {
        this.#flush(this.#lastTick + this.intervalTicks);
      }
      this.#pending.push(byte);
      this.#lastTick = endTick;
      if (this.#pending.length >= this.#lengthBytes) this.#flush(endTick);
    }
    if (this.#pending.length === 0) return;
    this.#cancelTimer = this.#scheduler.at(this.#lastTick + this.intervalTicks, (tick) => this.#flush(tick));
  }

  #flush(tick: Tick): void {
    const packet = Uint8Array.from(this.#pending);
    this.#pending = [];
    this.#onPacket(packet, tick);
  }
}
