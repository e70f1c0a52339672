/**
 * A link over TCP: the raw port of a serial converter, or whatever tunnel leads to one.
 *
 * Adds nothing to the byte stream and takes nothing out of it. Every failure is one line that names the endpoint, and a hint.
 */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { StageFlashError } from '../errors.js';
import type { LineSettings } from './line-settings.js';
import type { Link } from './link.js';

export interface TcpLinkOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly line: LineSettings;
  /** @default 30 s: a SYN lost twice on a satellite link is ordinary */
  readonly connectTimeoutMs?: number;
  /** How long the network may refuse to take a byte before the link counts as dead. @default 60 s */
  readonly writeStallMs?: number;
  /** Gives up connecting. Has no effect on an open link: close it. */
  readonly signal?: AbortSignal;
  /** Called once, when the link has released everything. */
  readonly onClosed?: () => void;
  /** Opens the same once more; lets the link be reopened. */
  readonly openAgain?: () => Promise<Link>;
}

/** Cellular NATs forget a silent connection after minutes (4.5 min seen); a probe a minute is cheap. */
const KEEP_ALIVE_MS = 60_000;
/** Received bytes that nobody has asked for yet; beyond, TCP's own flow control holds the sender. */
const RECEIVE_LIMIT_BYTES = 2 ** 20;
/** How long `close` waits for the far end to confirm, so that the last message is not cut off by a reset. */
const CLOSE_GRACE_MS = 1000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const NOTHING = new Uint8Array();

/** @throws StageFlashError kind `link`, or `interrupted` when `signal` was faster. */
export async function openTcpLink(options: TcpLinkOptions): Promise<Link> {
  const { host, port, connectTimeoutMs = 30_000, signal } = options;
  if (signal?.aborted) throw interrupted(options.name);
  const socket = connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    // Node 20 gives each of several addresses 250 ms by default, which no satellite link can meet.
    autoSelectFamilyAttemptTimeout: Math.max(10, connectTimeoutMs / 2),
  });
  let startedMs = performance.now();
  socket.once('lookup', () => (startedMs = performance.now()));
  try {
    await connected(socket, connectTimeoutMs, signal);
  } catch (error) {
    socket.destroy();
    if (signal?.aborted) throw interrupted(options.name);
    throw connectFailure(options.name, error);
  }
  return new TcpLink(socket, options, performance.now() - startedMs);
}

function connected(socket: Socket, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('connect', settle).off('error', settle);
      // A late error of a socket that is being destroyed concerns nobody.
      if (error !== undefined) socket.on('error', () => {});
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('aborted'));
    };
    const onAbort = (): void => settle(new Error('aborted'));
    const timer = setTimeout(() => settle(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })), timeoutMs);
    signal?.addEventListener('abort', onAbort);
    socket.once('connect', settle).once('error', settle);
  });
}

class TcpLink implements Link {
  readonly name: string;
  readonly line: LineSettings;
  readonly connectMs: number;
  readonly reopen?: (afterMs: number) => Promise<Link>;
  readonly #socket: Socket;
  readonly #writeStallMs: number;
  readonly #closed: Promise<void>;
  #received: Uint8Array[] = [];
  #receivedBytes = 0;
  #ending: StageFlashError | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, options: TcpLinkOptions, connectMs: number) {
    this.name = options.name;
    this.line = options.line;
    this.connectMs = connectMs;
    const { openAgain } = options;
    if (openAgain) this.reopen = async (afterMs) => sleep(afterMs).then(openAgain);
    this.#socket = socket;
    this.#writeStallMs = options.writeStallMs ?? 60_000;
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#end(closedByPeer(this.name));
        options.onClosed?.();
        resolve();
      });
    });
    socket.on('data', (chunk) => this.#arrive(chunk));
    socket.on('end', () => this.#end(closedByPeer(this.name)));
    socket.on('error', (error) => this.#end(brokenLink(this.name, error)));
  }

  now(): number {
    return performance.now();
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#ending) throw this.#ending;
    const message = Uint8Array.from(bytes);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#end(new StageFlashError('link', `${this.name} has taken no byte for ${this.#writeStallMs / 1000} s`, { hint: 'The network in between is down; try again when it is back.' }));
        this.#socket.destroy();
      }, this.#writeStallMs);
      this.#socket.write(message, (error) => {
        clearTimeout(timer);
        if (error) reject(this.#ending ?? brokenLink(this.name, error));
        else resolve();
      });
    });
  }

  async receive(deadlineMs: number): Promise<Uint8Array> {
    if (this.#wake) throw new Error('TcpLink.receive has two callers');
    if (this.#receivedBytes === 0 && this.now() >= deadlineMs) {
      // What the kernel holds reaches us only in the next turn of the event loop but one.
      await nextTurn();
      await nextTurn();
    }
    while (this.#receivedBytes === 0 && !this.#ending && this.now() < deadlineMs) await this.#event(deadlineMs - this.now());
    if (this.#receivedBytes > 0) return this.#take();
    if (this.#ending) throw this.#ending;
    return NOTHING;
  }

  async close(): Promise<void> {
    this.#end(new StageFlashError('link', `${this.name} was closed`));
    const grace = setTimeout(() => this.#socket.destroy(), CLOSE_GRACE_MS);
    this.#socket.resume().end();
    await this.#closed;
    clearTimeout(grace);
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

  #arrive(chunk: Uint8Array): void {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > RECEIVE_LIMIT_BYTES && !this.#ending) this.#socket.pause();
    this.#wake?.();
  }

  #take(): Uint8Array {
    const bytes = new Uint8Array(Buffer.concat(this.#received));
    this.#received = [];
    this.#receivedBytes = 0;
    this.#socket.resume();
    return bytes;
  }

  /** The first reason is the true one; what follows is its echo. */
  #end(reason: StageFlashError): void {
    this.#ending ??= reason;
    this.#wake?.();
  }
}

const CONNECT_FAILURES: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ECONNREFUSED: ['refused the connection', 'Check the port. Most converters accept one connection: another program may hold it.'],
  EHOSTUNREACH: ['cannot be reached', 'Check the address and the route: is the VPN up?'],
  ENETUNREACH: ['cannot be reached', 'Check the address and the route: is the VPN up?'],
  ENOTFOUND: ['has a host name that nobody knows', 'Check the spelling, or use the IP address.'],
  EAI_AGAIN: ['has a host name that the name server did not answer for', 'Try again, or use the IP address.'],
  ETIMEDOUT: ['does not answer', 'Check address and port; a firewall may drop the packets, or the converter is off.'],
  ECONNRESET: ['closed the connection at once', 'Most converters accept one connection: another program may hold it, or a broken one is not yet forgotten.'],
  EACCES: ['may not be connected to from here', 'A local firewall or sandbox forbids it.'],
  EPERM: ['may not be connected to from here', 'A local firewall or sandbox forbids it.'],
};

function connectFailure(name: string, cause: unknown): StageFlashError {
  const code = errorCode(cause);
  const [what, hint] = CONNECT_FAILURES[code] ?? [`cannot be connected to (${code})`, 'Check address and network.'];
  return new StageFlashError('link', `${name} ${what}`, { hint, cause });
}

function interrupted(name: string): StageFlashError {
  return new StageFlashError('interrupted', `connecting to ${name} was interrupted`);
}

function brokenLink(name: string, cause: unknown): StageFlashError {
  const code = errorCode(cause);
  const what = code === 'ECONNRESET' || code === 'EPIPE' ? 'broke the connection (reset)' : `is lost (${code})`;
  return new StageFlashError('link', `${name} ${what}`, { hint: 'The converter restarted, a firewall or NAT forgot the connection, or another client took it.', cause });
}

function closedByPeer(name: string): StageFlashError {
  return new StageFlashError('link', `${name} closed the connection`, { hint: 'Look for an idle time-out or a connection limit in the converter.' });
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
