/**
 * Getting a socket connected within its time, and what goes wrong with sockets in words: for the links over TCP and over TLS.
 */
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { StageFlashError } from '../errors.js';
import type { ByteStreams, LinkOptions } from './stream-link.js';

export interface SocketOptions extends LinkOptions {
  readonly host: string;
  readonly port: number;
  /** @default 30 s: a SYN lost twice on a satellite link is ordinary */
  readonly connectTimeoutMs?: number;
}

/** Cellular NATs forget a silent connection after minutes (4.5 min seen); a probe a minute is cheap. */
const KEEP_ALIVE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 30_000;

/** What `net.connect` and `tls.connect` are told alike. */
export function connectOptions({ host, port, connectTimeoutMs = CONNECT_TIMEOUT_MS }: SocketOptions) {
  return {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    // Node 20 gives each of several addresses 250 ms by default, which no satellite link can meet.
    autoSelectFamilyAttemptTimeout: Math.max(10, connectTimeoutMs / 2),
  };
}

/**
 * Waits until `socket` is ready.
 * @param readyEvent `connect`, or `secureConnect` for TLS
 * @param explain the reason where the common ones do not fit
 * @throws StageFlashError kind `link`, or `interrupted`
 */
export async function socketStreams(
  start: () => Socket, readyEvent: string, options: SocketOptions, explain: (cause: unknown) => StageFlashError | undefined = () => undefined,
): Promise<ByteStreams> {
  const { name, connectTimeoutMs = CONNECT_TIMEOUT_MS, signal } = options;
  if (signal?.aborted) throw interrupted(name);
  const socket = start();
  let startedMs = performance.now();
  let connectMs = 0;
  socket.once('lookup', () => (startedMs = performance.now())).once('connect', () => (connectMs = performance.now() - startedMs));
  try {
    await ready(socket, readyEvent, connectTimeoutMs, signal);
  } catch (error) {
    socket.destroy();
    throw signal?.aborted ? interrupted(name) : (explain(error) ?? connectFailure(name, error));
  }
  return {
    incoming: socket,
    outgoing: socket,
    closed: new Promise((resolve) => socket.once('close', () => resolve(closedByPeer(name)))),
    finish: () => socket.end(),
    destroy: () => socket.destroy(),
    explain: (cause) => brokenLink(name, cause),
    connectMs,
  };
}

function ready(socket: Socket, event: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off(event, settle).off('error', settle).off('close', onClose);
      // A late error of a socket that is being destroyed concerns nobody.
      if (error !== undefined) socket.on('error', () => {});
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('aborted'));
    };
    const onAbort = (): void => settle(new Error('aborted'));
    const onClose = (): void => settle(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    const timer = setTimeout(() => settle(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })), timeoutMs);
    signal?.addEventListener('abort', onAbort);
    socket.once(event, settle).once('error', settle).once('close', onClose);
  });
}

const ROUTE = ['cannot be reached', 'Check the address and the route: is the VPN up?'] as const;
const FORBIDDEN = ['may not be connected to from here', 'A local firewall or sandbox forbids it.'] as const;

const CONNECT_FAILURES: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ECONNREFUSED: ['refused the connection', 'Check the port. Most converters accept one connection: another program may hold it.'],
  EHOSTUNREACH: ROUTE,
  ENETUNREACH: ROUTE,
  ENOTFOUND: ['has a host name that nobody knows', 'Check the spelling, or use the IP address.'],
  EAI_AGAIN: ['has a host name that the name server did not answer for', 'Try again, or use the IP address.'],
  ETIMEDOUT: ['does not answer', 'Check address and port; a firewall may drop the packets, or the converter is off.'],
  ECONNRESET: ['closed the connection at once', 'Most converters accept one connection: another program may hold it, or a broken one is not yet forgotten.'],
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
};

export function connectFailure(name: string, cause: unknown): StageFlashError {
  const code = errorCode(cause);
  const [what, hint] = CONNECT_FAILURES[code] ?? [`cannot be connected to (${code})`, 'Check address and network.'];
  return new StageFlashError('link', `${name} ${what}`, { hint, cause });
}

export function interrupted(name: string): StageFlashError {
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

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
