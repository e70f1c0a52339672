/** Tells what happens in a job, with the times of the link's clock. Vocabulary of the whole host, like events.ts. */
import type { EventSink, Phase } from './events.js';

export class JobEvents {
  readonly #sink: EventSink;
  #clock: () => number = () => 0;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Before there is a link, all times are 0. */
  useClock(nowMs: () => number): void {
    this.#clock = nowMs;
  }

  phase(phase: Phase, text: string): void {
    this.#sink({ type: 'phase', phase, text, atMs: this.#clock() });
  }

  /** @param done and total in bytes */
  progress(phase: Phase, done: number, total: number, detail: string): void {
    this.#sink({ type: 'progress', phase, done, total, detail, atMs: this.#clock() });
  }

  note(text: string): void {
    this.#sink({ type: 'note', text, atMs: this.#clock() });
  }

  warning(text: string): void {
    this.#sink({ type: 'warning', text, atMs: this.#clock() });
  }
}
