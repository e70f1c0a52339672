import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openLink } from '../../host/link/open-link.js';

let folder = '';
let server: Server;
let url = '';
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stage-flash-test-'));
  vi.stubEnv('XDG_RUNTIME_DIR', folder);
  server = createServer((socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.close();
  rmSync(folder, { recursive: true });
});

describe('tcp://', () => {
  test('is locked for as long as it is open', async () => {
    const link = await openLink(`${url}?baud=9600`);
    expect(link).toMatchObject({ name: url, line: { baudRate: 9600 } });
    await expect(openLink(url)).rejects.toMatchObject({ kind: 'link', message: expect.stringContaining('in use') as string });
    await link.close();
    expect(readdirSync(folder)).toEqual([]);
    await (await openLink(url)).close();
  });

  test('is unlocked when connecting fails, and when the far end breaks the connection', async () => {
    server.once('connection', (socket) => socket.once('data', () => socket.resetAndDestroy()));
    const link = await openLink(url);
    await link.send(Uint8Array.of(0x7f));
    await expect(link.receive(link.now() + 10_000)).rejects.toMatchObject({ kind: 'link' });
    await link.close();
    server.close();
    await expect(openLink(url)).rejects.toMatchObject({ message: `${url} refused the connection` });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('sim: opens a virtual board that speaks AN3155, and a trace shows it', async () => {
  const tracePath = join(folder, 'trace.log');
  const link = await openLink('sim:?rtt=600ms', { tracePath });
  await link.send(Uint8Array.of(0x7f));
  expect([...(await link.receive(link.now() + 1000))]).toEqual([0x79]);
  await link.close();
  expect(readFileSync(tracePath, 'utf8')).toMatch(/> 1 7f\n0\.60\d+ < 1 79\n$/);
});

test('a link that was opened for a trace that cannot be written is closed again', async () => {
  await expect(openLink(url, { tracePath: join(folder, 'missing', 'trace.log') })).rejects.toMatchObject({ kind: 'usage' });
  expect(readdirSync(folder)).toEqual([]);
});
