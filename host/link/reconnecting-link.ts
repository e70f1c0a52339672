/**
 * A link that outlives its connections: when one breaks, it makes another, within a budget, and goes on. What was under way is lost, as
 * bytes on a bad line are; whoever speaks over this link must be able to bear that. The ROM bootloader's protocol is not, the stub's is.
 */
import { StageFlashError } from '../errors.js';
import type { LineSettings } from './line-settings.js';
import type { LineAbility, Link, ModemLines } from './link.js';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

export interface ReconnectOptions {
  /** How long one break may last, which ends when the board is heard: connections that carry nothing are part of it. Longer than seven minutes: for so long some converters take a dead client for a living one. */
  readonly budgetMs: number;
  /** Told of every break and every attempt. */
  readonly say: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** 0 … 1; spreads the attempts of many hosts. @default Math.random */
  readonly random?: () => number;
}

/** @param link can be reopened */
export class ReconnectingLink implements Link {
  readonly name: string;
  readonly datagramBytes?: number;
  readonly hasXonXoff?: true;
  readonly #options: ReconnectOptions;
  #link: Link;
  #isClosed = false;
  #brokenAtMs: number | undefined;
  renewals = 0;

  constructor(link: Link, options: ReconnectOptions) {
    this.name = link.name;
    if (link.datagramBytes !== undefined) this.datagramBytes = link.datagramBytes;
    if (link.hasXonXoff) this.hasXonXoff = true;
    this.#link = link;
    this.#options = options;
  }

  get line(): LineSettings {
    return this.#link.line;
  }

  get abilities(): readonly LineAbility[] {
    return this.#link.abilities ?? [];
  }

  now(): number {
    return this.#link.now();
  }

  async send(bytes: Uint8Array): Promise<void> {
    try {
      await this.#link.send(bytes);
    } catch (error) {
      await this.#reconnect(error);
    }
  }

  async receive(deadlineMs: number): Promise<Uint8Array> {
    try {
      return await this.#link.receive(deadlineMs);
    } catch (error) {
      await this.#reconnect(error);
      return new Uint8Array(0);
    }
  }

  /** Gives up a connection that seems to live but brings nothing, and makes another. */
  renew(why: string): Promise<void> {
    return this.#reconnect(new StageFlashError('link', why));
  }

  confirm(): void {
    this.#brokenAtMs = undefined;
  }

  async setLine(line: LineSettings): Promise<void> {
    try {
      await this.#link.setLine?.(line);
    } catch (error) {
      await this.#reconnect(error);
      await this.#link.setLine?.(line);
    }
  }

  async setModemLines(lines: ModemLines): Promise<void> {
    await this.#link.setModemLines?.(lines);
  }

  /** Ends the connections that were made here. The first one stays its maker's. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.renewals > 0) await this.#link.close();
  }

  async #reconnect(broken: unknown): Promise<void> {
    const brokenLink = this.#link;
    if (!isLinkError(broken) || this.#isClosed || this.#options.signal?.aborted || brokenLink.reopen === undefined) throw broken;
    const { budgetMs, say, random = Math.random } = this.#options;
    await brokenLink.close();
    const brokenAtMs = (this.#brokenAtMs ??= this.now());
    let reason = broken;
    say(`${reason.message}; connecting again`);
    for (let attempt = 0; ; attempt++) {
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + random());
      const leftMs = brokenAtMs + budgetMs - this.now();
      if (leftMs < waitMs) throw new StageFlashError('link', `${reason.message}; gave up after ${seconds(this.now() - brokenAtMs)}`, { hint: reason.hint ?? 'When the link is back, run stage-flash resume (it goes on with a flash job) or the same command again.' });
      try {
        this.#link = await brokenLink.reopen(waitMs);
        this.renewals++;
        say(`connected again after ${seconds(this.now() - brokenAtMs)}`);
        return;
      } catch (error) {
        if (!isLinkError(error) || this.#options.signal?.aborted) throw error;
        if (error.message !== reason.message) say(`${error.message}; trying for ${seconds(leftMs)} more`);
        reason = error;
      }
    }
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

function isLinkError(error: unknown): error is StageFlashError {
  return error instanceof StageFlashError && error.kind === 'link';
}
