/**
 * What has arrived and nobody has asked for yet, why no more will come, and the wait for either: what every link on the wall clock has
 * in common.
 *
 * Knows no socket. Whoever owns one pushes bytes in and is told when to hold the sender back.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StageFlashError } from '../errors.js';

/** Beyond, the sender is held back where the link can do that. */
const LIMIT_BYTES = 2 ** 20;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const NOTHING = new Uint8Array();

/** How a link holds its sender back; datagrams know no such thing. */
export interface FlowControl {
  pause(): void;
  resume(): void;
}

export class ReceiveQueue {
  readonly #flow: FlowControl | undefined;
  #received: Uint8Array[] = [];
  #receivedBytes = 0;
  #ending: StageFlashError | undefined;
  #wake: (() => void) | undefined;

  constructor(flow?: FlowControl) {
    this.#flow = flow;
  }

  /** Why nothing more will arrive. */
  get ending(): StageFlashError | undefined {
    return this.#ending;
  }

  arrive(bytes: Uint8Array): void {
    this.#received.push(bytes);
    this.#receivedBytes += bytes.length;
    if (this.#receivedBytes > LIMIT_BYTES && !this.#ending) this.#flow?.pause();
    this.#wake?.();
  }

  /** The first reason is the true one; what follows is its echo. */
  end(reason: StageFlashError): void {
    this.#ending ??= reason;
    this.#wake?.();
  }

  /** The contract of Link.receive, on the wall clock. */
  async receive(deadlineMs: number): Promise<Uint8Array> {
    if (this.#wake) throw new Error('receive has two callers');
    while (this.#receivedBytes === 0 && !this.#ending && performance.now() < deadlineMs) await this.#event(deadlineMs - performance.now());
    if (this.#receivedBytes === 0 && !this.#ending) {
      // What the kernel holds reaches us only in the next turn of the event loop but one, and a process that was busy sees its timer first.
      await nextTurn();
      await nextTurn();
    }
    if (this.#receivedBytes > 0) return this.#take();
    if (this.#ending) throw this.#ending;
    return NOTHING;
  }

  #event(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, Math.min(timeoutMs, LONGEST_TIMER_MS));
      this.#wake = done;
    });
  }

  #take(): Uint8Array {
    const bytes = new Uint8Array(Buffer.concat(this.#received));
    this.#received = [];
    this.#receivedBytes = 0;
    this.#flow?.resume();
    return bytes;
  }
}
