/** `stage-flash sim --listen udp://`: real datagrams to the virtual converter and back. */
import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StageFlashError } from '../../host/errors.js';
import type { RunningSim } from './running-sim.js';
import { runSim, startSim } from './running-sim.js';

const ACK = 0x79;
const NACK = 0x1f;

let running: RunningSim | undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await running?.interrupt();
  running = undefined;
});

async function serve(...options: readonly string[]): Promise<RunningSim> {
  running = await startSim('--listen', 'udp://127.0.0.1:0', '--rtt', '1ms', '--time-scale', '20', ...options);
  return running;
}

interface Peer {
  readonly heard: number[];
  readonly datagrams: number[][];
  readonly send: (...bytes: readonly number[]) => void;
}

async function peer({ port }: RunningSim): Promise<Peer> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', () => resolve()));
  const heard: number[] = [];
  const datagrams: number[][] = [];
  socket.on('message', (bytes) => {
    heard.push(...bytes);
    datagrams.push([...bytes]);
  });
  return { heard, datagrams, send: (...bytes) => socket.send(Uint8Array.from(bytes), port, '127.0.0.1') };
}

const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => (condition() ? undefined : expect.fail(running?.said() ?? 'did not happen')), { timeout: 10_000, interval: 2 });

/** Repeats 0x7F as long as the ROM starts up. */
async function synchronise({ heard, send }: Peer): Promise<void> {
  await until(() => (heard.length === 0 && send(0x7f), heard.length > 0));
  expect([ACK, NACK]).toContain(heard[0]);
}

describe('stage-flash sim over UDP', () => {
  it('answers datagrams as a bootloader does', async () => {
    const sim = await serve();
    const client = await peer(sim);
    await synchronise(client);
    expect(sim.said()).toContain('sends datagrams');
  });

  it('answers whoever it heard last, and needs no goodbye', async () => {
    const sim = await serve('--fault', 'echo');
    const first = await peer(sim);
    const second = await peer(sim);
    first.send(1);
    await until(() => first.heard.includes(1));
    second.send(2);
    await until(() => second.heard.includes(2));
    first.send(3);
    await until(() => first.heard.includes(3));
    expect(first.heard).not.toContain(2);
    expect(second.heard).not.toContain(3);
  });

  it('loses, doubles and reorders datagrams as the seed says', async () => {
    const sim = await serve('--fault', 'echo', '--fault', 'udp-loss=20', '--fault', 'udp-duplicate=20', '--fault', 'udp-reorder=3', '--seed', '5');
    const client = await peer(sim);
    const numbers = Array.from({ length: 150 }, (_, at) => at);
    for (const number of numbers) client.send(number);
    // What is held back to be overtaken goes on after a quarter of a second of board time.
    await until(() => client.heard.length > 80 && client.heard.some((number, at) => number < (client.heard[at - 1] ?? 0)));
    const distinct = new Set(client.heard.filter((number) => number < 150));
    expect(distinct.size).toBeLessThan(150);
    await until(() => client.heard.length > new Set(client.heard).size);
  });

  it('says what to do when the port is in use', async () => {
    const squatter = createSocket('udp4');
    await new Promise<void>((resolve) => squatter.bind(0, '127.0.0.1', () => resolve()));
    const { port } = squatter.address();
    const error: unknown = await runSim('--listen', `udp://127.0.0.1:${port}`).catch((thrown: unknown) => thrown);
    squatter.close();
    expect(error).toBeInstanceOf(StageFlashError);
    expect(error).toMatchObject({ exitCode: 5, message: `cannot listen on udp://127.0.0.1:${port}: the port is in use` });
    expect((error as StageFlashError).hint).toMatch(new RegExp(`ss -lunp 'sport = :${port}'.*--listen.*port 0`));
  });
});
