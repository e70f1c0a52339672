/**
 * The converter's UART transmitter: bytes from the network wait in its buffer and go out back to back at exactly its baud rate.
 * Runs are announced before they begin and are short, so that a change of settings or a broken connection takes effect soon.
 */
import type { LineSettings } from '../../link/line-settings.js';
import type { Scheduler } from '../event-queue.js';
import type { LineListener } from '../serial-line.js';
import { characterTicks } from '../serial-line.js';
import type { Tick } from '../time.js';

export interface LineSenderOptions {
  readonly line: LineSettings;
  /** Bytes that wait at most inside the converter. Infinity is a converter that never loses any. */
  readonly bufferBytes: number;
  /** When the buffer is full: hold the rest back in TCP, or lose it as most small converters do. */
  readonly backPressure: boolean;
}

export class LineSender {
  readonly #options: LineSenderOptions;
  readonly #scheduler: Scheduler;
  readonly #emit: LineListener;
  #line: LineSettings;
  /** Chunks in the converter, then chunks that TCP still holds back. */
  #buffer: Uint8Array[] = [];
  #bufferedBytes = 0;
  #heldBack: Uint8Array[] = [];
  #lineFreeTick: Tick = 0;
  #isPumping = false;
  /** Bytes that the full buffer lost. */
  overflowedBytes = 0;
  longestRunBytes = 256;

  constructor(options: LineSenderOptions, scheduler: Scheduler, emit: LineListener) {
    this.#options = options;
    this.#line = options.line;
    this.#scheduler = scheduler;
    this.#emit = emit;
  }

  get line(): LineSettings {
    return this.#line;
  }

  /** Takes effect with the next run. */
  set line(line: LineSettings) {
    this.#line = line;
  }

  send(bytes: Uint8Array, tick: Tick): void {
    this.#heldBack.push(bytes);
    this.#admit(tick);
    if (!this.#isPumping && this.#bufferedBytes > 0) this.#pump(tick);
  }

  /** The connection is gone: what TCP holds back is lost, what the converter has still goes out. */
  dropHeldBack(): void {
    this.#heldBack = [];
  }

  /** Fills the buffer from what is held back; without back-pressure the rest is lost. */
  #admit(tick: Tick): void {
    const onTheLine = Math.max(0, Math.ceil((this.#lineFreeTick - tick) / characterTicks(this.#line)));
    let room = this.#options.bufferBytes - this.#bufferedBytes - onTheLine;
    while (room > 0 && this.#heldBack[0] !== undefined) {
      const chunk = this.#heldBack[0];
      const taken = chunk.subarray(0, room);
      this.#buffer.push(taken);
      this.#bufferedBytes += taken.length;
      room -= taken.length;
      if (taken.length === chunk.length) this.#heldBack.shift();
      else this.#heldBack[0] = chunk.subarray(taken.length);
    }
    if (this.#options.backPressure) return;
    for (const lost of this.#heldBack) this.overflowedBytes += lost.length;
    this.#heldBack = [];
  }

  /**
   * Sends the next run. It runs again when the last character of that run begins, one character ahead of the line, which keeps the
   * characters back to back and tells the board of each before its start bit.
   */
  #pump(tick: Tick): void {
    this.#admit(tick);
    const bytes = this.#take();
    this.#isPumping = bytes.length > 0;
    if (bytes.length === 0) return;
    const character = characterTicks(this.#line);
    const startTick = Math.max(tick + character, this.#lineFreeTick);
    this.#lineFreeTick = startTick + bytes.length * character;
    this.#emit({ bytes, startTick, format: this.#line });
    this.#scheduler.at(this.#lineFreeTick - character, (now) => this.#pump(now));
  }

  #take(): Uint8Array {
    const run = new Uint8Array(Math.min(this.longestRunBytes, this.#bufferedBytes));
    let filled = 0;
    while (filled < run.length) {
      const chunk = this.#buffer[0];
      if (chunk === undefined) break;
      const part = chunk.subarray(0, run.length - filled);
      run.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.#buffer.shift();
      else this.#buffer[0] = chunk.subarray(part.length);
    }
    this.#bufferedBytes -= run.length;
    return run;
  }
}
