import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { FAULTS } from '../../host/board/faults.js';
import { LINK_PROFILES } from '../../host/board/link-profiles.js';
import type { Output } from '../../host/cli/print.js';
import { runProgram } from '../../host/cli/program.js';
import { StageFlashError } from '../../host/errors.js';
import type { RunningSim } from './running-sim.js';
import { NO_CONTEXT } from './context.js';
import { runSim, startSim } from './running-sim.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-'));
const sockets: Socket[] = [];
let running: RunningSim | undefined;

async function start(...options: readonly string[]): Promise<RunningSim> {
  running = await startSim(...options);
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
  running = undefined;
});

afterAll(() => rmSync(folder, { recursive: true }));

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
    const error: unknown = await runSim('--listen', `tcp://127.0.0.1:${port}`).catch((thrown: unknown) => thrown);
    squatter.close();
    expect(error).toBeInstanceOf(StageFlashError);
    expect(error).toMatchObject({ exitCode: 5, message: `cannot listen on tcp://127.0.0.1:${port}: the port is in use` });
    expect((error as StageFlashError).hint).toMatch(new RegExp(`ss -ltnp 'sport = :${port}'.*--listen.*port 0`));
  });

  it('lists every profile and fault on stdout, with how it is written', async () => {
    const { stdout } = await runSim('--list');
    for (const name of Object.keys(LINK_PROFILES)) expect(stdout).toMatch(new RegExp(`^  ${name} {2}`, 'm'));
    for (const [name, { argument }] of Object.entries(FAULTS)) expect(stdout).toContain(`  ${name}${argument === undefined ? ' ' : `=${argument.form}`}`);
  });

  it.each([
    [['--chip', 'STM32F103'], /option chip: .* is not one of STM32H743xI.*STM32H723xG/],
    [['--bootloader', '0x77'], /no ROM bootloader 0x77 in the H74x family\nhint: Valid: 0x90, 0x91, 0x92/],
    [['--profile', 'mars'], /no link profile "mars"\nhint: Valid: lan, .*geo-vsat/],
    [['--fault', 'gremlins'], /no fault "gremlins"\nhint: Valid: .*xonxoff.*power-cut@flash-op/],
    [['--fault', 'power-cut@flash-op=0'], /fault power-cut@flash-op: "0".*\nhint: It is written power-cut@flash-op=N/],
    [['--fault', 'udp-loss=1'], /only over UDP\nhint: .*--listen udp:/],
    [['--second-client', 'both'], /Allowed choices are refuse, replace/],
    [['--listen', 'tcp://127.0.0.1:70000'], /A port is a number from 0 to 65535/],
    [['--stats', '/nowhere/stats.json'], /stats\.json cannot be written/],
    [['--flash-file', '/'], /is not a file/],
    [['--listen', 'exec:x'], /tcp:\/\/127\.0\.0\.1:7000, udp:/],
  ])('refuses %j with exit code 2 and says what is valid', async (options, message) => {
    let said = '';
    const output: Output = { write: (text) => void (said += text), columns: undefined };
    const context = { ...NO_CONTEXT, stdout: output, stderr: output };
    expect(await runProgram(['sim', '--listen', 'tcp://127.0.0.1:0', ...options], context)).toBe(2);
    expect(said).toMatch(message);
  });

  it('refuses a flash file of another size with exit code 2 and leaves it alone', async () => {
    const path = join(folder, 'foreign.bin');
    writeFileSync(path, 'precious');
    await expect(runSim('--listen', 'tcp://127.0.0.1:0', '--flash-file', path)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('has 8 bytes') as string });
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });
});

describe('stage-flash sim on a pseudo-terminal', () => {
  it('ends in one line when the terminal cannot be made', async () => {
    await expect(runSim('--listen', `pty:${join(folder, 'nowhere', 'tty')}`)).rejects.toMatchObject({ kind: 'link', message: expect.stringMatching(/cannot serve pty:.*nowhere.*/) as string });
  });
});
