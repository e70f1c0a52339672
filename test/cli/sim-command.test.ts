import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { execa } from 'execa';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Random } from '../../host/board/random.js';
import { addSimCommand } from '../../host/cli/sim-command.js';
import type { Output } from '../../host/cli/print.js';
import { StageFlashError } from '../../host/errors.js';

interface RunningSim {
  readonly port: number;
  /** What it has written to stderr so far. */
  readonly said: () => string;
  /** Ctrl-C, and waits for its end. */
  readonly interrupt: () => Promise<void>;
}

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-'));
const sockets: Socket[] = [];
let running: RunningSim | undefined;

interface Streams {
  stdout: string;
  stderr: string;
}

function program(streams: Streams, signal = new AbortController().signal): Command {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  const output = (name: keyof Streams): Output => ({ write: (text) => void (streams[name] += text), columns: undefined });
  addSimCommand(command, { stdout: output('stdout'), stderr: output('stderr'), signal });
  for (const sub of command.commands) sub.exitOverride().configureOutput({ writeErr: () => undefined });
  return command;
}

/** Runs the command to its end. */
async function run(...options: readonly string[]): Promise<Streams> {
  const streams: Streams = { stdout: '', stderr: '' };
  await program(streams).parseAsync(['sim', ...options], { from: 'user' });
  return streams;
}

/** Starts the command in this process on a free port. */
async function start(...options: readonly string[]): Promise<RunningSim> {
  const streams: Streams = { stdout: '', stderr: '' };
  const controller = new AbortController();
  const end = program(streams, controller.signal).parseAsync(['sim', ...(options.includes('--listen') ? [] : ['--listen', 'tcp://127.0.0.1:0']), ...options], { from: 'user' });
  const port = await vi.waitFor(() => Number(/listens on (?:tcp:\/\/127\.0\.0\.1:(\d+)|pty:.*);/.exec(streams.stderr)?.slice(1).map((text) => text ?? 0)[0] ?? expect.fail('does not listen')), { timeout: 10_000, interval: 5 });
  running = {
    port,
    said: () => streams.stderr,
    interrupt: async () => {
      running = undefined;
      controller.abort();
      await end;
    },
  };
  return running;
}

/** A TCP client that collects what it gets. */
function client(port: number): { readonly socket: Socket; readonly heard: number[]; readonly closed: Promise<void> } {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  const heard: number[] = [];
  socket.on('data', (bytes) => heard.push(...bytes));
  socket.on('error', () => undefined);
  return { socket, heard, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
}

const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => (condition() ? undefined : expect.fail(running?.said() ?? 'did not happen')), { timeout: 10_000, interval: 2 });

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await running?.interrupt();
});

describe('stage-flash sim', () => {
  it('answers a TCP client as a bootloader does', async () => {
    const sim = await start('--rtt', '1ms', '--time-scale', '20');
    const { socket, heard } = client(sim.port);
    await until(() => sim.said().includes('connected'));
    await until(() => (heard.length === 0 && socket.write(Uint8Array.of(0x7f)), heard.length > 0));
    expect([0x79, 0x1f]).toContain(heard[0]);
  });

  it('takes one client at a time, and the next one when that has gone', async () => {
    const sim = await start('--rtt', '1ms');
    const first = client(sim.port);
    await until(() => sim.said().includes('connected'));
    const second = client(sim.port);
    await second.closed;
    expect(sim.said()).toContain('refused: the converter has a client already');
    first.socket.destroy();
    await until(() => sim.said().includes('gone'));
    const third = client(sim.port);
    await until(() => sim.said().split('connected').length === 3);
    expect(third.socket.destroyed).toBe(false);
  });

  it('replaces the first client when told to', async () => {
    const sim = await start('--rtt', '1ms', '--second-client', 'replace');
    const first = client(sim.port);
    await until(() => sim.said().includes('connected'));
    client(sim.port);
    await first.closed;
    expect(sim.said()).not.toContain('refused');
  });

  it('saves flash and statistics and says a summary when it is interrupted', async () => {
    const flashFile = join(folder, 'flash.bin');
    const stats = join(folder, 'stats.json');
    const sim = await start('--chip', 'STM32H750xB', '--flash-file', flashFile, '--stats', stats);
    await sim.interrupt();
    expect(readFileSync(flashFile).length).toBe(128 * 1024);
    expect(JSON.parse(readFileSync(stats, 'utf8'))).toMatchObject({ bytesToBoard: 0, programs: 0, erases: 0, boots: { rom: 1 } });
    expect(sim.said()).toMatch(/board: 0\.000 s from first to last byte, 0 bytes in, 0 out, 0 flash words programmed, 0 sectors erased\n$/);
  });

  it('says what to do when the port is in use', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    const address = squatter.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const error: unknown = await run('--listen', `tcp://127.0.0.1:${port}`).catch((thrown: unknown) => thrown);
    squatter.close();
    expect(error).toBeInstanceOf(StageFlashError);
    expect(error).toMatchObject({ exitCode: 5, message: `cannot listen on tcp://127.0.0.1:${port}: the port is in use` });
    expect((error as StageFlashError).hint).toContain('--listen');
  });

  it('lists every profile and fault on stdout', async () => {
    const { stdout } = await run('--list');
    for (const name of ['geo-vsat', 'nbiot', 'xonxoff', 'power-cut@flash-op=N[:before|middle|late]', 'reset=BYTES']) expect(stdout).toContain(`  ${name}`);
  });

  it.each([
    [['--chip', 'STM32F103'], /option chip/],
    [['--bootloader', '0x77'], /no ROM bootloader 0x77 in the H74x family/],
    [['--profile', 'mars'], /no link profile "mars"/],
    [['--fault', 'gremlins'], /no fault "gremlins"/],
    [['--listen', 'udp://x'], /tcp:\/\/127\.0\.0\.1:7000/],
  ])('refuses %j', async (options, message) => {
    await expect(run('--listen', 'tcp://127.0.0.1:0', ...options)).rejects.toThrow(message);
  });
});

const MISSING = ['stm32flash', 'socat'].filter((tool) => spawnSync(tool, ['-h'], { stdio: 'ignore' }).error !== undefined);
if (MISSING.length > 0) console.warn(`skipped: stm32flash against the virtual board (${MISSING.join(' and ')} not installed)`);

describe.skipIf(MISSING.length > 0)('stm32flash against the virtual board', () => {
  it('ends in one line when the terminal cannot be made', async () => {
    await expect(run('--listen', `pty:${join(folder, 'nowhere', 'tty')}`)).rejects.toMatchObject({ kind: 'link', message: expect.stringMatching(/cannot serve pty:.*nowhere.*/) as string });
  });

  it('reads the id, erases, writes and verifies 64 KiB through a pty', { timeout: 120_000 }, async () => {
    const image = new Random(11).fill(new Uint8Array(65_536));
    const imageFile = join(folder, 'image.bin');
    const flashFile = join(folder, 'board.bin');
    const tty = join(folder, 'tty');
    writeFileSync(imageFile, image);
    // The first run reads the id, the second one finds the ROM in step already.
    const sim = await start('--listen', `pty:${tty}`, '--rtt', '1ms', '--baud', '921600', '--time-scale', '10', '--flash-file', flashFile);
    await until(() => sim.said().includes('connected'));
    expect((await execa('stm32flash', ['-m', '8n1', tty])).stdout).toContain('Device ID    : 0x0450');
    const { stdout } = await execa('stm32flash', ['-m', '8n1', '-w', imageFile, '-v', '-S', '0x08000000', tty]);
    expect(stdout).toContain('(100.00%)');
    await sim.interrupt();
    expect(Buffer.compare(readFileSync(flashFile).subarray(0, 65_536), image)).toBe(0);
    expect(sim.said()).toMatch(/2048 flash words programmed, 1 sectors erased/);
  });
});

afterEach(() => {
  if (running === undefined) rmSync(join(folder, 'tty'), { force: true });
});
