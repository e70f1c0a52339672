/**
 * socat and ser2net as the converter between stage-flash and the board: every kind of link on one side, the board's pseudo-terminal on the
 * other. What a pseudo-terminal cannot prove: it has no parity, no bit rate and no modem lines, so a converter's serial settings are not
 * tried here. ser2net confirms them all the same.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { NO_CONTEXT } from '../../cli/context.js';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { runProgram } from '../../../host/cli/program.js';
import { flash } from '../../../host/flash.js';
import type { RunningSim } from '../../cli/running-sim.js';
import { startSim } from '../../cli/running-sim.js';
import { findTool, mustSkip } from './foreign-tools.js';

const IMAGE_BYTES = 65_536;
/** AN2606 table 227: 54 ms from reset to a ROM that listens. */
const ROM_START_UP_MS = 100;
const folder = mkdtempSync(join(tmpdir(), 'stage-flash-'));
const tty = join(folder, 'tty');
const flashFile = join(folder, 'board.bin');
const imageFile = join(folder, 'image.bin');
const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A board on a pseudo-terminal. */
async function serveBoard(): Promise<RunningSim> {
  const sim = await startSim('--listen', `pty:${tty}`, '--rtt', '1ms', '--baud', '921600', '--flash-file', flashFile);
  ends.push(sim.interrupt);
  await vi.waitFor(() => expect(sim.said()).toContain('connected'), { timeout: 10_000, interval: 5 });
  // A board in a cabinet was switched on long before; this one's time is real.
  await setTimeout(ROM_START_UP_MS);
  return sim;
}

/** A converter that we did not write, running until the test ends. */
async function runConverter(isReady: (said: string) => Promise<boolean> | boolean, tool: string, ...options: readonly string[]): Promise<void> {
  const converter = execa(findTool(tool) ?? tool, options, { reject: false });
  ends.push(() => {
    converter.kill();
    return converter;
  });
  let said = '';
  converter.stderr.on('data', (text) => (said += String(text)));
  await vi.waitFor(async () => expect(await isReady(said), said).toBe(true), { timeout: 10_000, interval: 20 });
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : expect.fail('no port');
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1');
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });

/** The command line as a user runs it. @returns its exit code and what it said */
async function stageFlash(...options: readonly string[]): Promise<{ readonly exitCode: number; readonly said: string }> {
  let said = '';
  const output = { write: (text: string) => void (said += text), columns: undefined };
  const exitCode = await runProgram(options, { ...NO_CONTEXT, stdout: output, stderr: output, flash });
  return { exitCode, said };
}

/** Flashes a new image over `url` and compares what the board then holds in its flash file. */
async function expectFlashed(sim: RunningSim, url: string, seed: number): Promise<void> {
  const image = new Random(seed).fill(new Uint8Array(IMAGE_BYTES));
  writeFileSync(imageFile, image);
  const { exitCode, said } = await stageFlash(imageFile, '--address', '0x08000000', '--stay', '--to', url);
  expect(exitCode, said).toBe(0);
  await sim.interrupt();
  expect(Buffer.compare(readFileSync(flashFile).subarray(0, IMAGE_BYTES), image)).toBe(0);
}

const BOARD_TTY = `${tty},raw,echo=0`;

/** socat between `address` and the board. */
async function runSocat(address: string): Promise<void> {
  await runConverter((said) => said.includes('listening on') || said.includes('starting data transfer') || said.includes('receiving on'), 'socat', '-d', '-d', address, BOARD_TTY);
}

/** ser2net with this accepter before the board. */
async function runSer2net(accepter: string, isReady: () => Promise<boolean> | boolean): Promise<void> {
  const configuration = join(folder, 'ser2net.yaml');
  // `local`: a pseudo-terminal has no carrier to wait for.
  writeFileSync(configuration, [
    'connection: &board', `  accepter: ${accepter}`, `  connector: serialdev,${tty},921600n81,local`, '  options:', '    kickolduser: true', '',
  ].join('\n'));
  await runConverter(isReady, 'ser2net', '-n', '-c', configuration, '-P', join(folder, 'ser2net.pid'));
}

describe.skipIf(mustSkip('stage-flash through socat', 'socat'))('stage-flash through socat', () => {
  it('flashes 64 KiB over tcp://', async () => {
    const sim = await serveBoard();
    const port = await freePort();
    await runSocat(`TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,nodelay`);
    await expectFlashed(sim, `tcp://127.0.0.1:${port}?baud=921600`, 21);
  });

  it('flashes 64 KiB over tcp:// and IPv6', async () => {
    const sim = await serveBoard();
    const port = await freePort();
    await runSocat(`TCP6-LISTEN:${port},bind=[::1],reuseaddr,nodelay`);
    await expectFlashed(sim, `tcp://[::1]:${port}?baud=921600`, 23);
  });

  it('flashes 64 KiB over udp://', async () => {
    const sim = await serveBoard();
    const port = await freePort();
    await runSocat(`UDP-LISTEN:${port},bind=127.0.0.1`);
    await expectFlashed(sim, `udp://127.0.0.1:${port}?baud=921600`, 24);
  });

  it('flashes 64 KiB over exec:', async () => {
    const sim = await serveBoard();
    await expectFlashed(sim, `exec:?baud=921600 socat - ${BOARD_TTY}`, 25);
  });

  it('flashes 64 KiB over serial:', async () => {
    const sim = await serveBoard();
    await expectFlashed(sim, `serial://${tty}?baud=921600`, 26);
  });
});

describe.skipIf(mustSkip('stage-flash through TLS', 'socat', 'openssl'))('stage-flash through TLS', () => {
  it('flashes 64 KiB over tls:// with a certificate that ?ca= vouches for', async () => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    await execa('openssl', [
      'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=gateway', '-addext', 'subjectAltName=IP:127.0.0.1',
    ]);
    const sim = await serveBoard();
    const port = await freePort();
    await runSocat(`OPENSSL-LISTEN:${port},bind=127.0.0.1,reuseaddr,nodelay,cert=${certificate},key=${key},verify=0`);
    await expectFlashed(sim, `tls://127.0.0.1:${port}?baud=921600&ca=${certificate}`, 27);
  });
});

describe.skipIf(mustSkip('stage-flash through ser2net', 'ser2net', 'socat'))('stage-flash through ser2net', () => {
  it('flashes 64 KiB over tcp://', async () => {
    const sim = await serveBoard();
    const port = await freePort();
    await runSer2net(`tcp,127.0.0.1,${port}`, () => isListening(port));
    await expectFlashed(sim, `tcp://127.0.0.1:${port}?baud=921600`, 22);
  });

  it('flashes 64 KiB over rfc2217://, setting the line on its way', async () => {
    const sim = await serveBoard();
    const port = await freePort();
    await runSer2net(`telnet(rfc2217),tcp,127.0.0.1,${port}`, () => isListening(port));
    await expectFlashed(sim, `rfc2217://127.0.0.1:${port}?baud=921600`, 28);
  });

  it('says that a telnet port without RFC 2217 is one', async () => {
    await serveBoard();
    const port = await freePort();
    await runSer2net(`telnet,tcp,127.0.0.1,${port}`, () => isListening(port));
    writeFileSync(imageFile, new Uint8Array(IMAGE_BYTES));
    const { exitCode, said } = await stageFlash(imageFile, '--to', `rfc2217://127.0.0.1:${port}`);
    expect(said).toContain('refuses RFC 2217');
    expect(exitCode).toBe(5);
  });
});
