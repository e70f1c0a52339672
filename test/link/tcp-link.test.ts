import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { AN3155_LINE } from '../../host/link/line-settings.js';
import type { Link } from '../../host/link/link.js';
import type { SocketOptions } from '../../host/link/socket.js';
import { openTcpLink } from '../../host/link/tcp-link.js';

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(() => server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

const open = (port: number, options: Partial<SocketOptions> = {}): Promise<Link> =>
  openTcpLink({ name: 'tcp://board:1', host: '127.0.0.1', port, line: AN3155_LINE, ...options });

/** A link and the far end of its connection. */
async function pair(options: Partial<SocketOptions> = {}): Promise<{ link: Link; peer: Socket }> {
  const { server, port } = await listen();
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const link = await open(port, options);
  const [peer] = await accepted;
  peer.on('error', () => {});
  cleanup.push(() => link.close(), () => peer.destroy());
  return { link, peer };
}

describe('receive', () => {
  test('hands over bytes as soon as there are some', async () => {
    const { link, peer } = await pair();
    peer.write('abc');
    expect(Buffer.from(await link.receive(link.now() + 10_000)).toString()).toBe('abc');
  });

  test('comes back empty at its deadline, and not before', async () => {
    const { link } = await pair();
    const deadlineMs = link.now() + 20;
    expect(await link.receive(deadlineMs)).toHaveLength(0);
    expect(link.now()).toBeGreaterThanOrEqual(deadlineMs);
  });

  test('with a deadline in the past still hands over what has arrived', async () => {
    const { link, peer } = await pair();
    await new Promise<void>((done) => peer.write('abc', () => done()));
    expect(Buffer.from(await link.receive(-1)).toString()).toBe('abc');
    expect(await link.receive(-1)).toHaveLength(0);
  });

  test('hands over what came while the process was busy beyond the deadline', async () => {
    const { link, peer } = await pair();
    const received = link.receive(link.now() + 20);
    await new Promise<void>((done) => peer.write('abc', () => done()));
    const busyUntilMs = link.now() + 40;
    while (link.now() < busyUntilMs);
    expect(Buffer.from(await received).toString()).toBe('abc');
  });

  test('loses nothing of a stream far beyond what it keeps in store', async () => {
    const { link, peer } = await pair();
    const sent = Buffer.alloc(5_000_000, 'stage-flash');
    peer.end(sent);
    const parts: Uint8Array[] = [];
    const total = (): number => parts.reduce((sum, part) => sum + part.length, 0);
    while (total() < sent.length) parts.push(await link.receive(link.now() + 10_000));
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
  });

  test('hands over everything before it reports that the far end closed', async () => {
    const { link, peer } = await pair();
    peer.end('last words');
    expect(Buffer.from(await link.receive(link.now() + 10_000)).toString()).toBe('last words');
    await expect(link.receive(link.now() + 10_000)).rejects.toMatchObject({ kind: 'link', message: 'tcp://board:1 closed the connection' });
    await expect(link.send(Uint8Array.of(1))).rejects.toMatchObject({ message: 'tcp://board:1 closed the connection' });
  });

  test('reports a reset as what it is', async () => {
    const { link, peer } = await pair();
    peer.resetAndDestroy();
    await expect(link.receive(link.now() + 10_000)).rejects.toMatchObject({ kind: 'link', message: 'tcp://board:1 broke the connection (reset)' });
  });

  test('ends at once when the link is closed meanwhile', async () => {
    const { link } = await pair();
    const waiting = expect(link.receive(link.now() + 60_000)).rejects.toMatchObject({ kind: 'link', message: 'tcp://board:1 was closed' });
    await link.close();
    await waiting;
  });
});

describe('send', () => {
  test('puts messages on the wire in order, whatever becomes of their arrays afterwards', async () => {
    const { link, peer } = await pair();
    const message = new Uint8Array(3);
    const sent = [1, 2, 3].map((value) => {
      message.fill(value);
      return link.send(message);
    });
    message.fill(0);
    await Promise.all(sent);
    await link.close();
    expect(Buffer.concat(await peer.toArray() as Buffer[])).toEqual(Buffer.from([1, 1, 1, 2, 2, 2, 3, 3, 3]));
  });

  test('waits while the network takes nothing, and gives up in the end', async () => {
    const { link, peer } = await pair({ writeStallMs: 50 });
    peer.pause();
    const flood = async (): Promise<void> => {
      for (;;) await link.send(new Uint8Array(1 << 20));
    };
    await expect(flood()).rejects.toMatchObject({ kind: 'link', message: 'tcp://board:1 has taken no byte for 0.05 s' });
  });
});

describe('close', () => {
  test('lets the last message through, and may be called twice', async () => {
    let closings = 0;
    const { link, peer } = await pair({ onClosed: () => closings++ });
    await link.send(Uint8Array.of(7));
    await Promise.all([link.close(), link.close()]);
    expect(Buffer.concat(await peer.toArray() as Buffer[])).toEqual(Buffer.from([7]));
    expect(closings).toBe(1);
  });
});

describe('connecting', () => {
  test('tells how long it took', async () => {
    const { link } = await pair();
    expect(link.connectMs).toBeGreaterThan(0);
    expect(link.connectMs).toBeLessThan(5000);
  });

  test('to a port where nobody listens is refused in one line with a hint', async () => {
    const { server, port } = await listen();
    server.close();
    await expect(open(port)).rejects.toMatchObject({ kind: 'link', message: 'tcp://board:1 refused the connection', hint: expect.stringContaining('another program') as string });
  });

  test('to a name that does not exist says so', async () => {
    await expect(open(1, { host: 'board.invalid' })).rejects.toMatchObject({ kind: 'link', message: expect.stringContaining('host name') as string });
  });

  test('ends when it is interrupted before or meanwhile', async () => {
    const { port } = await listen();
    await expect(open(port, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'interrupted' });
    const controller = new AbortController();
    const opening = open(port, { signal: controller.signal });
    controller.abort();
    await expect(opening).rejects.toMatchObject({ kind: 'interrupted', message: 'connecting to tcp://board:1 was interrupted' });
  });

  test('ends when nobody answers', async () => {
    // 192.0.2.0/24 leads nowhere (RFC 5737); where a sandbox refuses it at once, that is an answer, too.
    await expect(open(9, { host: '192.0.2.1', connectTimeoutMs: 30 })).rejects.toMatchObject({ kind: 'link' });
  });
});
