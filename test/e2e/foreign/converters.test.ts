/**
 * socat and ser2net as the converter between stage-flash and the board: TCP on one side, the board's pseudo-terminal on the other. What a
 * pseudo-terminal cannot prove: it has no parity, no bit rate and no modem lines, so a converter's serial settings are not tried here.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

async function flashThrough(port: number, seed: number): Promise<void> {
  const image = new Random(seed).fill(new Uint8Array(IMAGE_BYTES));
  writeFileSync(imageFile, image);
  const { exitCode, said } = await stageFlash(imageFile, '--address', '0x08000000', '--stay', '--to', `tcp://127.0.0.1:${port}?baud=921600`);
  expect(exitCode, said).toBe(0);
}

const inFlash = (): Uint8Array => readFileSync(flashFile).subarray(0, IMAGE_BYTES);
const expected = (): Uint8Array => readFileSync(imageFile);

describe.skipIf(mustSkip('stage-flash through socat', 'socat'))('stage-flash through socat', () => {
  it('flashes 64 KiB onto the virtual board', async () => {
    const sim = await serveBoard();
    const port = await freePort();
    await runConverter((said) => said.includes('listening on'), 'socat', '-d', '-d', `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,nodelay`, `${tty},raw,echo=0`);
    await flashThrough(port, 21);
    await sim.interrupt();
    expect(Buffer.compare(inFlash(), expected())).toBe(0);
  });
});

describe.skipIf(mustSkip('stage-flash through ser2net', 'ser2net', 'socat'))('stage-flash through ser2net', () => {
  it('flashes 64 KiB onto the virtual board', async () => {
    const sim = await serveBoard();
    const port = await freePort();
    const configuration = join(folder, 'ser2net.yaml');
    // `local`: a pseudo-terminal has no carrier to wait for.
    writeFileSync(configuration, [
      'connection: &board', `  accepter: tcp,127.0.0.1,${port}`, `  connector: serialdev,${tty},921600n81,local`, '  options:', '    kickolduser: true', '',
    ].join('\n'));
    await runConverter(() => isListening(port), 'ser2net', '-n', '-c', configuration, '-P', join(folder, 'ser2net.pid'));
    await flashThrough(port, 22);
    await sim.interrupt();
    expect(Buffer.compare(inFlash(), expected())).toBe(0);
  });
});
