/**
 * A Link for tests, with a clock of its own that moves only inside `receive`: a far end at a fixed or scripted distance, one line rate.
 */
import type { Link } from '../../host/link/link.js';
import type { LineSettings } from '../../host/link/line-settings.js';
import { AN3155_LINE, lineTimeMs } from '../../host/link/line-settings.js';

/** The far end: is given what arrives, when its last bit has, and answers through `ScriptedLink.answer`. */
export type FarEnd = (bytes: Uint8Array, atMs: number) => void;

export interface ScriptedLinkOptions {
  readonly roundTripMs?: number | (() => number);
  readonly line?: LineSettings;
  readonly farEnd?: FarEnd;
  readonly connectMs?: number;
}

export class ScriptedLink implements Link {
  readonly name = 'scripted';
  readonly line: LineSettings;
  readonly connectMs?: number;
  readonly sent: Uint8Array[] = [];
  farEnd: FarEnd;
  closed = false;
  #nowMs = 0;
  #lineFreeMs = 0;
  #arrivals: { readonly atMs: number; readonly bytes: Uint8Array }[] = [];
  readonly #delayMs: () => number;

  constructor({ roundTripMs = 0, line = AN3155_LINE, farEnd = () => {}, connectMs }: ScriptedLinkOptions = {}) {
    this.line = line;
    if (connectMs !== undefined) this.connectMs = connectMs;
    this.farEnd = farEnd;
    this.#delayMs = typeof roundTripMs === 'number' ? () => roundTripMs / 2 : () => roundTripMs() / 2;
  }

  now(): number {
    return this.#nowMs;
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.sent.push(Uint8Array.from(bytes));
    this.#lineFreeMs = Math.max(this.#lineFreeMs, this.#nowMs + this.#delayMs()) + lineTimeMs(bytes.length, this.line);
    this.farEnd(Uint8Array.from(bytes), this.#lineFreeMs);
  }

  /** Bytes that the far end begins to send at `atMs`; they arrive together, after everything sent before. */
  answer(bytes: Iterable<number>, atMs: number): void {
    const content = Uint8Array.from(bytes);
    const lastMs = this.#arrivals.at(-1)?.atMs ?? 0;
    this.#arrivals.push({ atMs: Math.max(lastMs, atMs + this.#delayMs() + lineTimeMs(content.length, this.line)), bytes: content });
  }

  async receive(deadlineMs: number): Promise<Uint8Array> {
    const [first] = this.#arrivals;
    this.#nowMs = Math.max(this.#nowMs, Math.min(deadlineMs, first?.atMs ?? Infinity));
    if (this.#nowMs === Infinity) throw new Error('the test waits for ever');
    const due = this.#arrivals.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#arrivals = this.#arrivals.slice(due.length);
    return Uint8Array.from(due.flatMap(({ bytes }) => [...bytes]));
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
