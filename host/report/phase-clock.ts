/** How long each phase of a job took, from the events that it tells. Listens in; changes nothing. */
import type { EventSink, JobEvent, Phase } from '../events.js';

/** Reading the file and connecting happen before there is a link, whose clock times all the rest. */
const UNTIMED: ReadonlySet<Phase> = new Set(['image', 'connect']);

export class PhaseClock {
  readonly #sink: EventSink;
  readonly #totalMs = new Map<Phase, number>();
  #running: { readonly phase: Phase; readonly sinceMs: number } | undefined;

  /** @param sink hears everything that comes in here */
  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** The last phase that began: how far the job came. */
  get reached(): Phase | undefined {
    return this.#running?.phase;
  }

  readonly hear = (event: JobEvent): void => {
    if (event.type === 'phase') {
      this.#add(event.atMs);
      this.#running = { phase: event.phase, sinceMs: event.atMs };
    }
    this.#sink(event);
  };

  /** @param nowMs on the link's clock: the running phase counts until then */
  secondsUntil(nowMs: number): Readonly<Partial<Record<Phase, number>>> {
    this.#add(nowMs);
    if (this.#running !== undefined) this.#running = { ...this.#running, sinceMs: nowMs };
    return Object.fromEntries(Array.from(this.#totalMs, ([phase, ms]) => [phase, Math.round(ms) / 1000]));
  }

  #add(untilMs: number): void {
    if (this.#running === undefined || UNTIMED.has(this.#running.phase)) return;
    const { phase, sinceMs } = this.#running;
    this.#totalMs.set(phase, (this.#totalMs.get(phase) ?? 0) + untilMs - sinceMs);
  }
}
