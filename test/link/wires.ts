/** Far ends for links in tests, on this machine, released when the test ends. */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterEach } from 'vitest';

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

/** Called when the test is over, last come first. */
export function atEnd(step: () => unknown): void {
  cleanup.push(step);
}

export async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** @returns the port of a server that hands each connection to `serve` */
export function serveTcp(serve: (socket: Socket) => void): Promise<number> {
  return portOf(createServer((socket) => {
    socket.on('error', () => undefined);
    atEnd(() => socket.destroy());
    serve(socket);
  }));
}

/** Reads until `length` bytes have come. */
export async function receiveAll(link: { now(): number; receive(deadlineMs: number): Promise<Uint8Array> }, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const deadlineMs = link.now() + 10_000;
  for (let missing = length; missing > 0; ) {
    const bytes = await link.receive(deadlineMs);
    if (bytes.length === 0) throw new Error(`${missing} of ${length} bytes did not come`);
    missing -= bytes.length;
    parts.push(bytes);
  }
  return new Uint8Array(Buffer.concat(parts));
}
