/**
 * A link over a pair of Node's byte streams, whatever they belong to: a socket, a TLS session, a serial port, a program.
 *
 * Adds nothing to the bytes and takes nothing out of them. How the streams came to be, and what their errors mean, is told by whoever
 * opened them.
 */
import { performance } from 'node:perf_hooks';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { StageFlashError } from '../errors.js';
import { isSameLine, type LineSettings } from './line-settings.js';
import type { Link } from './link.js';
import { ReceiveQueue } from './receive-queue.js';

/** What everybody who opens a link is told. */
export interface LinkOptions {
  readonly name: string;
  readonly line: LineSettings;
  /** How long the far side may refuse to take a byte before the link counts as dead. @default 60 s */
  readonly writeStallMs?: number;
  /** Gives up opening. Has no effect on an open link: close it. */
  readonly signal?: AbortSignal;
  /** Called once, when the link has released everything. */
  readonly onClosed?: () => void;
  /** Opens the same once more; lets the link be reopened. */
  readonly openAgain?: () => Promise<Link>;
}

export interface ByteStreams {
  readonly incoming: Readable;
  readonly outgoing: Writable;
  /** Resolves when nothing is left to release, with the reason for those who know no better one. Never rejects. */
  readonly closed: Promise<StageFlashError>;
  /** Lets the last message through and begins to close. */
  readonly finish: () => void;
  /** Closes without regard. */
  readonly destroy: () => void;
  /** What an error of the streams means; undefined where `closed` will tell soon. */
  readonly explain: (cause: unknown) => StageFlashError | undefined;
  /** See Link.connectMs. */
  readonly connectMs?: number;
}

/** How long `close` waits for the far end to confirm, so that the last message is not cut off. */
const CLOSE_GRACE_MS = 1000;

export class StreamLink implements Link {
  readonly name: string;
  line: LineSettings;
  readonly connectMs?: number;
  readonly reopen?: (afterMs: number) => Promise<Link>;
  readonly #streams: ByteStreams;
  readonly #queue: ReceiveQueue;
  readonly #writeStallMs: number;
  readonly #closed: Promise<void>;
  #isEnding = false;

  constructor(streams: ByteStreams, options: LinkOptions) {
    const { openAgain } = options;
    this.name = options.name;
    this.line = options.line;
    if (streams.connectMs !== undefined) this.connectMs = streams.connectMs;
    if (openAgain) this.reopen = reopener(this, openAgain);
    this.#streams = streams;
    this.#queue = new ReceiveQueue(streams.incoming);
    this.#writeStallMs = options.writeStallMs ?? 60_000;
    this.#closed = streams.closed.then((reason) => {
      this.#queue.end(reason);
      options.onClosed?.();
    });
    const end = (cause: unknown): void => this.#end(streams.explain(cause));
    streams.incoming.on('data', (chunk: Uint8Array) => this.#queue.arrive(chunk)).on('error', end);
    if ((streams.outgoing as unknown) !== streams.incoming) streams.outgoing.on('error', end);
  }

  now(): number {
    return performance.now();
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#queue.ending) throw this.#queue.ending;
    const message = Uint8Array.from(bytes);
    if (await this.#write(message)) return;
    await this.#closed;
    throw this.#queue.ending ?? new Error('a link ended without a reason');
  }

  receive(deadlineMs: number): Promise<Uint8Array> {
    return this.#queue.receive(deadlineMs);
  }

  async close(): Promise<void> {
    this.#end(new StageFlashError('link', `${this.name} was closed`));
    await this.#closed;
  }

  /** @returns false when the streams are broken or take nothing: then the link is ending */
  #write(message: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#queue.end(new StageFlashError('link', `${this.name} has taken no byte for ${this.#writeStallMs / 1000} s`, { hint: 'The network in between is down; try again when it is back.' }));
        this.#streams.destroy();
        resolve(false);
      }, this.#writeStallMs);
      this.#streams.outgoing.write(message, (error) => {
        clearTimeout(timer);
        if (error) this.#end(this.#streams.explain(error));
        resolve(!error);
      });
    });
  }

  #end(reason: StageFlashError | undefined): void {
    if (reason !== undefined) this.#queue.end(reason);
    if (this.#isEnding) return;
    this.#isEnding = true;
    const grace = setTimeout(() => this.#streams.destroy(), CLOSE_GRACE_MS);
    void this.#closed.then(() => clearTimeout(grace));
    this.#streams.incoming.resume();
    this.#streams.finish();
  }
}

/** Link.reopen for a link on the wall clock; the new one gets the line that the old one had in the end. */
export function reopener(link: Link, openAgain: () => Promise<Link>): (afterMs: number) => Promise<Link> {
  return async (afterMs) => {
    await sleep(afterMs);
    const again = await openAgain();
    if (!isSameLine(again.line, link.line)) await again.setLine?.(link.line);
    return again;
  };
}
