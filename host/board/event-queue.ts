/**
 * What will happen outside the chip, in the order of virtual time. Two events of the same tick happen in the order in which they
 * were scheduled, so that a run is repeatable to the byte.
 */
import type { Tick } from './time.js';

export type Action = (tick: Tick) => void;

/** The part of the queue that the converter and the network see. */
export interface Scheduler {
  /** Calls `action` at `tick`, or as soon as possible when that has passed. Returns a function that takes it back. */
  at(tick: Tick, action: Action): () => void;
}

interface Entry {
  readonly tick: Tick;
  readonly order: number;
  action: Action | undefined;
}

const isBefore = (a: Entry, b: Entry): boolean => a.tick < b.tick || (a.tick === b.tick && a.order < b.order);

/** A binary heap: the earliest entry is `#heap[0]`. Cancelled entries stay until they surface. */
export class EventQueue implements Scheduler {
  readonly #heap: Entry[] = [];
  #order = 0;

  at(tick: Tick, action: Action): () => void {
    const entry: Entry = { tick, order: this.#order++, action };
    this.#heap.push(entry);
    this.#siftUp(this.#heap.length - 1);
    return () => {
      entry.action = undefined;
    };
  }

  /** When the next event is due; Infinity when there is none. */
  get nextTick(): Tick {
    while (this.#heap[0] !== undefined && this.#heap[0].action === undefined) this.#pop();
    return this.#heap[0]?.tick ?? Infinity;
  }

  /** Runs everything that is due at `tick`, including what these events schedule for the same moment. */
  runDue(tick: Tick): void {
    while (this.nextTick <= tick) {
      const entry = this.#pop();
      entry?.action?.(entry.tick);
    }
  }

  #pop(): Entry | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#siftDown(0);
    }
    return first;
  }

  #siftUp(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  #siftDown(from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const leftEntry = this.#heap[left];
      const rightEntry = this.#heap[right];
      if (leftEntry === undefined) return;
      const child = rightEntry !== undefined && isBefore(rightEntry, leftEntry) ? right : left;
      if (!this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }

  #swapIfBefore(lower: number, upper: number): boolean {
    const a = this.#heap[lower];
    const b = this.#heap[upper];
    if (a === undefined || b === undefined || !isBefore(a, b)) return false;
    this.#heap[lower] = b;
    this.#heap[upper] = a;
    return true;
  }
}
