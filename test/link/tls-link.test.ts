/** TLS against a server in this process, with certificates that openssl makes for the day. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AN3155_LINE } from '../../host/link/line-settings.js';
import type { Link } from '../../host/link/link.js';
import type { TlsTrust } from '../../host/link/link-parameters.js';
import { openTlsLink } from '../../host/link/tls-link.js';
import { mustSkip } from '../e2e/foreign/foreign-tools.js';
import { atEnd, portOf, receiveAll } from './wires.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

/** A certificate for `name`, signed by itself. */
async function makeCertificate(name: string, ...options: readonly string[]): Promise<string> {
  await execa('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`),
    '-subj', `/CN=${name}`, ...options,
  ]);
  const { stdout } = await execa('openssl', ['x509', '-in', at(`${name}.pem`), '-noout', '-fingerprint', '-sha256']);
  return stdout.replace(/^.*=/, '').replaceAll(':', '').toLowerCase();
}

/** Its last day was yesterday. */
async function makeExpired(name: string): Promise<void> {
  await makeCertificate(name, '-days', '1', '-addext', 'subjectAltName=IP:127.0.0.1');
  await execa('openssl', ['x509', '-in', at(`${name}.pem`), '-signkey', at(`${name}.key`), '-days', '-1', '-out', at(`${name}.pem`)]);
}

const identity = (name: string): TlsOptions => ({ key: readFileSync(at(`${name}.key`)), cert: readFileSync(at(`${name}.pem`)) });

/** Echoes what it hears. */
async function serve(options: TlsOptions): Promise<number> {
  return portOf(createTlsServer(options, (socket) => {
    socket.on('error', () => undefined);
    atEnd(() => socket.destroy());
    socket.pipe(socket);
  }).on('tlsClientError', () => undefined));
}

async function open(port: number, trust: TlsTrust = {}, host = '127.0.0.1'): Promise<Link> {
  const link = await openTlsLink({ name: 'tls://board:1', host, port, line: AN3155_LINE, trust });
  atEnd(() => link.close());
  return link;
}

async function expectEcho(link: Link): Promise<void> {
  const bytes = Uint8Array.from({ length: 3000 }, (_, index) => index % 256);
  await link.send(bytes);
  expect(await receiveAll(link, bytes.length)).toEqual(bytes);
}

const failure = (opening: Promise<Link>): Promise<unknown> => opening.then(() => expect.unreachable('it was opened'), (error: unknown) => error);

describe.skipIf(mustSkip('TLS', 'openssl'))('tls://', () => {
  let boardPin = '';
  beforeAll(async () => {
    boardPin = await makeCertificate('board', '-days', '2', '-addext', 'subjectAltName=IP:127.0.0.1');
    await makeCertificate('elsewhere', '-days', '2', '-addext', 'subjectAltName=DNS:elsewhere.example');
    await makeExpired('old');
    await makeCertificate('client', '-days', '2');
  });

  test('passes every byte when the certificate is signed as ?ca= says', async () => {
    await expectEcho(await open(await serve(identity('board')), { caFile: at('board.pem') }));
  });

  test('takes a pinned certificate, whoever signed it, for whatever name', async () => {
    await expectEcho(await open(await serve(identity('board')), { pin: boardPin }, 'localhost'));
  });

  test('tells the fingerprint of a certificate that nobody vouches for', async () => {
    const error = await failure(open(await serve(identity('board'))));
    expect(error).toMatchObject({ kind: 'link', hint: expect.stringContaining('?pin=') as string });
    expect((error as Error).message.replaceAll(':', '').toLowerCase()).toContain(boardPin);
    expect((error as Error).message).toMatch(/^tls:\/\/board:1: the certificate is signed by itself; its fingerprint is [0-9A-F:]{95}$/);
  });

  test('refuses another certificate than the pinned one', async () => {
    expect(await failure(open(await serve(identity('elsewhere')), { pin: boardPin }))).toMatchObject({ kind: 'link', message: expect.stringMatching(/does not show the pinned certificate but [0-9A-F]{2}:/) as string });
  });

  test('refuses a certificate that was made for another host', async () => {
    expect(await failure(open(await serve(identity('elsewhere')), { caFile: at('elsewhere.pem') }))).toMatchObject({ message: expect.stringContaining('belongs to another host name') as string });
  });

  test('with pin and ca demands both', async () => {
    expect(await failure(open(await serve(identity('board')), { pin: boardPin, caFile: at('elsewhere.pem') }))).toMatchObject({ kind: 'link' });
  });

  test('refuses one that has expired', async () => {
    expect(await failure(open(await serve(identity('old')), { caFile: at('old.pem') }))).toMatchObject({ message: expect.stringContaining('has expired') as string });
  });

  test('takes anything only when told so by that very name', async () => {
    await expectEcho(await open(await serve(identity('elsewhere')), { acceptAnyCertificate: true }));
  });

  test('shows a client certificate where one is wanted, and says so where none was given', async () => {
    const port = await serve({ ...identity('board'), requestCert: true, rejectUnauthorized: true, ca: [readFileSync(at('client.pem'))] });
    await expectEcho(await open(port, { pin: boardPin, certificateFile: at('client.pem'), keyFile: at('client.key') }));
    // In TLS 1.3 the server refuses after the client thinks that all is well.
    const late = open(port, { pin: boardPin }).then(async (link) => link.receive(link.now() + 10_000).then(() => link));
    expect(await failure(late)).toMatchObject({ kind: 'link' });
  });

  test('speaks nothing older than TLS 1.2', async () => {
    const port = await serve({ ...identity('board'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' });
    expect(await failure(open(port, { pin: boardPin }))).toMatchObject({ kind: 'link', message: expect.stringContaining('handshake failed') as string });
  });

  test('says that a raw port speaks no TLS', async () => {
    const port = await portOf(createServer((socket) => void socket.on('error', () => undefined).once('data', () => socket.end('stage-flash says hello'))));
    expect(await failure(open(port))).toMatchObject({ kind: 'link', message: 'tls://board:1 does not speak TLS' });
  });

  test.each([
    ['a file that is not there', { caFile: 'missing.pem' }, 'ca=missing.pem cannot be read (ENOENT)'],
    ['a key of another certificate', { certificateFile: 'client.pem', keyFile: 'board.key' }, 'ca, cert or key cannot be used'],
    ['a file that is no PEM', { certificateFile: 'text', keyFile: 'board.key' }, 'ca, cert or key cannot be used'],
  ] as readonly (readonly [string, TlsTrust, string])[])('%s is a usage error', async (_, files, message) => {
    writeFileSync(at('text'), 'hello');
    const trust = Object.fromEntries(Object.entries(files).map(([key, name]) => [key, name === 'missing.pem' ? name : at(String(name))]));
    expect(await failure(open(9, trust))).toMatchObject({ kind: 'usage', message: expect.stringContaining(message) as string });
  });
});
