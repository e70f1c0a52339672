/**
 * Two habits of senders that make large packets of small ones, and short answers late: a modem that waits for a full segment, and
 * Nagle's algorithm (RFC 896) against a receiver that delays its acknowledgements (RFC 1122 §4.2.3.2).
 */
import type { Scheduler } from '../event-queue.js';
import type { Tick } from '../time.js';
import { msToTicks } from '../time.js';

/** Whatever takes bytes to be sent. */
export interface Outlet {
  send(bytes: Uint8Array, tick: Tick): void;
  /** The connection is to be closed: what waits must go first. */
  flush(tick: Tick): void;
}

/** Bytes that wait, in order. */
class Backlog {
  #bytes = new Uint8Array();

  get length(): number {
    return this.#bytes.length;
  }

  add(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + bytes.length);
    joined.set(this.#bytes);
    joined.set(bytes, this.#bytes.length);
    this.#bytes = joined;
  }

  take(length: number): Uint8Array {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }
}

/** Waits for a full segment, or until its first byte has waited long enough. */
export class Gatherer implements Outlet {
  readonly #segmentBytes: number;
  readonly #waitTicks: number;
  readonly #scheduler: Scheduler;
  readonly #emit: (bytes: Uint8Array, tick: Tick) => void;
  readonly #backlog = new Backlog();
  #cancelTimer: () => void = () => undefined;

  constructor(segmentBytes: number, waitMs: number, scheduler: Scheduler, emit: (bytes: Uint8Array, tick: Tick) => void) {
    this.#segmentBytes = segmentBytes;
    this.#waitTicks = msToTicks(waitMs);
    this.#scheduler = scheduler;
    this.#emit = emit;
  }

  send(bytes: Uint8Array, tick: Tick): void {
    const wasEmpty = this.#backlog.length === 0;
    this.#backlog.add(bytes);
    const hasFull = this.#backlog.length >= this.#segmentBytes;
    while (this.#backlog.length >= this.#segmentBytes) this.#emit(this.#backlog.take(this.#segmentBytes), tick);
    if (!wasEmpty && !hasFull) return;
    this.#cancelTimer();
    if (this.#backlog.length > 0) this.#cancelTimer = this.#scheduler.at(tick + this.#waitTicks, (now) => this.flush(now));
  }

  flush(tick: Tick): void {
    this.#cancelTimer();
    if (this.#backlog.length > 0) this.#emit(this.#backlog.take(this.#backlog.length), tick);
  }
}

export interface NagleOptions {
  readonly segmentBytes: number;
  readonly acknowledgementDelayMs: number;
  /** One way back for an acknowledgement. */
  readonly returnMs: number;
}

/** Full segments leave at once, the rest only when everything before it has been acknowledged. */
export class Nagle implements Outlet {
  readonly #options: NagleOptions;
  readonly #scheduler: Scheduler;
  readonly #emit: (bytes: Uint8Array, tick: Tick) => Tick;
  readonly #backlog = new Backlog();
  /** When the last byte on its way reaches the receiver; undefined: everything is acknowledged. */
  #arrivalTick: Tick | undefined;
  #cancelTimer: () => void = () => undefined;

  /** @param emit returns when the last byte arrives */
  constructor(options: NagleOptions, scheduler: Scheduler, emit: (bytes: Uint8Array, tick: Tick) => Tick) {
    this.#options = options;
    this.#scheduler = scheduler;
    this.#emit = emit;
  }

  send(bytes: Uint8Array, tick: Tick): void {
    this.#backlog.add(bytes);
    const full = this.#backlog.length - (this.#backlog.length % this.#options.segmentBytes);
    if (this.#arrivalTick === undefined) this.flush(tick);
    else if (full > 0) this.#leave(full, tick);
  }

  flush(tick: Tick): void {
    if (this.#backlog.length > 0) this.#leave(this.#backlog.length, tick);
  }

  /** The receiver has sent something at `sentTick`, and with it the acknowledgement of what it had by then. */
  heard(sentTick: Tick, tick: Tick): void {
    if (this.#arrivalTick !== undefined && this.#arrivalTick <= sentTick) this.#acknowledged(tick);
  }

  #leave(length: number, tick: Tick): void {
    const { acknowledgementDelayMs, segmentBytes, returnMs } = this.#options;
    this.#arrivalTick = this.#emit(this.#backlog.take(length), tick);
    // Every second full segment is acknowledged at once.
    const delayMs = length >= 2 * segmentBytes ? 0 : acknowledgementDelayMs;
    this.#cancelTimer();
    this.#cancelTimer = this.#scheduler.at(this.#arrivalTick + msToTicks(delayMs + returnMs), (now) => this.#acknowledged(now));
  }

  #acknowledged(tick: Tick): void {
    this.#cancelTimer();
    this.#arrivalTick = undefined;
    this.flush(tick);
  }
}
