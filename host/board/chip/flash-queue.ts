/**
 * The command queues of a bank: one operation runs, one program and up to two erases wait; programs go first (RM0399 §4.3.9, §4.3.10).
 *
 * Time is pulled: `sync(tick)` lets everything happen that is over by then. What an operation does is the bank's business.
 */
import type { Tick } from '../time.js';

export interface FlashCommand {
  readonly kind: 'program' | 'erase';
  readonly address: number;
  readonly lengthBytes: number;
  /** What to program; absent for an erase. */
  readonly data?: Uint8Array;
}

export interface RunningCommand {
  readonly command: FlashCommand;
  readonly startTick: Tick;
  readonly endTick: Tick;
}

export interface FlashQueueOwner {
  /** A command leaves the queue. @returns its duration in ticks, or undefined when it is refused. */
  begin(command: FlashCommand, tick: Tick): number | undefined;
  finish(running: RunningCommand): void;
}

const WAITING_PROGRAMS = 1;
const WAITING_ERASES = 2;

export class FlashQueue {
  readonly #owner: FlashQueueOwner;
  #running: RunningCommand | undefined;
  #waiting: FlashCommand[] = [];

  constructor(owner: FlashQueueOwner) {
    this.#owner = owner;
  }

  /** FLASH_SR.BSY, and what it is busy with. */
  get running(): RunningCommand | undefined {
    return this.#running;
  }

  hasRoomFor(kind: FlashCommand['kind']): boolean {
    const waiting = this.#waiting.filter((command) => command.kind === kind).length;
    return waiting < (kind === 'program' ? WAITING_PROGRAMS : WAITING_ERASES);
  }

  push(command: FlashCommand, tick: Tick): void {
    this.#waiting.push(command);
    if (this.#running === undefined) this.#beginNext(tick);
  }

  sync(tick: Tick): void {
    while (this.#running !== undefined && this.#running.endTick <= tick) {
      const finished = this.#running;
      this.#running = undefined;
      this.#owner.finish(finished);
      this.#beginNext(finished.endTick);
    }
  }

  /** Runs everything to its end. @returns when that is */
  drain(tick: Tick): Tick {
    let end = tick;
    while (this.#running !== undefined) {
      end = this.#running.endTick;
      this.sync(end);
    }
    return end;
  }

  /** Forgets all commands. @returns the one that was running */
  abort(): RunningCommand | undefined {
    const aborted = this.#running;
    this.#running = undefined;
    this.#waiting = [];
    return aborted;
  }

  #beginNext(tick: Tick): void {
    while (this.#running === undefined && this.#waiting.length > 0) {
      const program = this.#waiting.findIndex((command) => command.kind === 'program');
      const [command] = this.#waiting.splice(Math.max(program, 0), 1);
      if (command === undefined) return;
      const duration = this.#owner.begin(command, tick);
      if (duration !== undefined) this.#running = { command, startTick: tick, endTick: tick + duration };
    }
  }
}
