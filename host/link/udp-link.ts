/**
 * A link over UDP: one message, one datagram. What gets lost, comes twice or out of order is the speaker's business; only strangers are
 * kept out, for the socket hears one address alone.
 */
import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { performance } from 'node:perf_hooks';
import { StageFlashError } from '../errors.js';
import { DATAGRAM_BYTES } from './datagrams.js';
import type { LineSettings } from './line-settings.js';
import type { Link } from './link.js';
import { ReceiveQueue } from './receive-queue.js';
import { connectFailure, errorCode, interrupted } from './socket.js';
import { reopener, type LinkOptions } from './stream-link.js';

export interface UdpLinkOptions extends LinkOptions {
  readonly host: string;
  readonly port: number;
  /** Ours. @default any that is free */
  readonly localPort?: number;
}

/** @throws StageFlashError kind `link` or `interrupted`. That nobody listens there shows with the first datagram, or never. */
export async function openUdpLink(options: UdpLinkOptions): Promise<Link> {
  const { name, host, port, localPort = 0, signal } = options;
  const { address, family } = await lookup(host).catch((cause: unknown) => {
    throw connectFailure(name, cause);
  });
  if (signal?.aborted) throw interrupted(name);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    await bound(socket, localPort);
    await connected(socket, port, address);
  } catch (cause) {
    socket.close();
    throw errorCode(cause) === 'EADDRINUSE' ? portTaken(name, localPort, cause) : connectFailure(name, cause);
  }
  return new UdpLink(socket, options);
}

class UdpLink implements Link {
  readonly name: string;
  readonly line: LineSettings;
  readonly datagramBytes = DATAGRAM_BYTES;
  readonly reopen?: (afterMs: number) => Promise<Link>;
  readonly #socket: Socket;
  readonly #queue = new ReceiveQueue();
  readonly #onClosed: (() => void) | undefined;
  #isClosed = false;

  constructor(socket: Socket, options: UdpLinkOptions) {
    const { openAgain } = options;
    this.name = options.name;
    this.line = options.line;
    if (openAgain) this.reopen = reopener(this, openAgain);
    this.#socket = socket;
    this.#onClosed = options.onClosed;
    socket.on('message', (bytes) => this.#queue.arrive(bytes));
    socket.on('error', (cause) => this.#queue.end(this.#broken(cause)));
  }

  now(): number {
    return performance.now();
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#queue.ending) throw this.#queue.ending;
    const datagram = Uint8Array.from(bytes);
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(datagram, (cause) => {
        // A full queue is a datagram lost, no more.
        if (cause === null || ['ENOBUFS', 'EAGAIN'].includes(errorCode(cause))) return resolve();
        const reason = this.#broken(cause);
        this.#queue.end(reason);
        reject(reason);
      });
    });
  }

  receive(deadlineMs: number): Promise<Uint8Array> {
    return this.#queue.receive(deadlineMs);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue.end(new StageFlashError('link', `${this.name} was closed`));
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
    this.#onClosed?.();
  }

  #broken(cause: unknown): StageFlashError {
    if (errorCode(cause) !== 'ECONNREFUSED') return connectFailure(this.name, cause);
    return new StageFlashError('link', `${this.name}: nobody listens there`, { hint: 'Check the port, and that the converter speaks UDP on it.', cause });
  }
}

function bound(socket: Socket, localPort: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(localPort, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

function connected(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => socket.connect(port, address, (error?: Error) => (error ? reject(error) : resolve())));
}

function portTaken(name: string, localPort: number, cause: unknown): StageFlashError {
  return new StageFlashError('link', `${name}: the local port ${localPort} is in use`, { hint: 'End the program that holds it, or leave local-port out.', cause });
}
