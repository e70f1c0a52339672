import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { AN3155_LINE } from '../../host/link/line-settings.js';
import type { Link } from '../../host/link/link.js';
import type { UdpLinkOptions } from '../../host/link/udp-link.js';
import { openUdpLink } from '../../host/link/udp-link.js';
import { atEnd } from './wires.js';

async function peerOn(host: string): Promise<Socket> {
  const peer = createSocket(host.includes(':') ? 'udp6' : 'udp4').bind(0, host);
  await once(peer, 'listening');
  atEnd(() => new Promise<void>((resolve) => { try { peer.close(() => resolve()); } catch { resolve(); } }));
  return peer;
}

async function open(options: Partial<UdpLinkOptions>): Promise<Link> {
  const link = await openUdpLink({ name: 'udp://board:1', host: '127.0.0.1', port: 9, line: AN3155_LINE, ...options });
  atEnd(() => link.close());
  return link;
}

/** A link and the socket at its far end, which has heard where the link is. */
async function pair(host = '127.0.0.1'): Promise<{ readonly link: Link; readonly peer: Socket; readonly say: (text: string) => void }> {
  const peer = await peerOn(host);
  const greeting = once(peer, 'message') as Promise<[Buffer, { port: number; address: string }]>;
  const link = await open({ host, port: peer.address().port });
  await link.send(Uint8Array.of(0x7f));
  const [, from] = await greeting;
  return { link, peer, say: (text) => peer.send(text, from.port, from.address) };
}

const receive = async (link: Link): Promise<string> => Buffer.from(await link.receive(link.now() + 10_000)).toString();

test.each(['127.0.0.1', '::1'])('one message is one datagram, to %s', async (host) => {
  const { link, peer, say } = await pair(host);
  const datagrams: string[] = [];
  peer.on('message', (bytes) => datagrams.push(bytes.toString()));
  await link.send(Buffer.from('one'));
  await link.send(Buffer.from('two'));
  await expect.poll(() => datagrams).toEqual(['one', 'two']);
  say('three');
  expect(await receive(link)).toBe('three');
});

test('a stranger is not heard', async () => {
  const stranger = await peerOn('127.0.0.1');
  const victim = await peerOn('127.0.0.1');
  const greeting = once(victim, 'message') as Promise<[Buffer, { port: number }]>;
  const link = await open({ port: victim.address().port });
  await link.send(Uint8Array.of(0x7f));
  const [, { port }] = await greeting;
  await new Promise<void>((resolve) => stranger.send('evil', port, '127.0.0.1', () => resolve()));
  victim.send('good', port, '127.0.0.1');
  expect(await receive(link)).toBe('good');
});

test('comes back empty at its deadline, and says how long its messages may be', async () => {
  const { link } = await pair();
  expect(await link.receive(link.now() + 20)).toHaveLength(0);
  expect(link.datagramBytes).toBeLessThanOrEqual(1200);
});

test('speaks from the port that is asked for, and says so when that is taken', async () => {
  const squatter = await peerOn('0.0.0.0');
  const { port } = squatter.address();
  await expect(open({ localPort: port })).rejects.toMatchObject({ kind: 'link', message: `udp://board:1: the local port ${port} is in use`, hint: expect.stringContaining('local-port') as string });
});

describe('what does not work', () => {
  test('a name that does not exist is one line', async () => {
    await expect(open({ host: 'board.invalid' })).rejects.toMatchObject({ kind: 'link', message: expect.stringContaining('host name') as string });
  });

  test('a port where nobody listens shows as soon as the network says so', async () => {
    const peer = await peerOn('127.0.0.1');
    const link = await open({ port: peer.address().port });
    await new Promise<void>((resolve) => peer.close(() => resolve()));
    await link.send(Uint8Array.of(1)).catch(() => undefined);
    await expect(link.receive(link.now() + 10_000)).rejects.toMatchObject({ kind: 'link', message: 'udp://board:1: nobody listens there' });
  });

  test('a link that was closed says so, and may be closed twice', async () => {
    let closings = 0;
    const link = await open({ onClosed: () => closings++ });
    const waiting = expect(link.receive(link.now() + 60_000)).rejects.toMatchObject({ message: 'udp://board:1 was closed' });
    await Promise.all([link.close(), link.close()]);
    await waiting;
    await expect(link.send(Uint8Array.of(1))).rejects.toMatchObject({ message: 'udp://board:1 was closed' });
    expect(closings).toBe(1);
  });

  test('an interrupted opening opens nothing', async () => {
    await expect(open({ signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'interrupted' });
  });
});
