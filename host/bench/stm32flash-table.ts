/** The ROM path against a client that we did not write: Debian's stm32flash on the same virtual board, over the same link. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { incompressibleImage } from './images.js';

const LENGTH_BYTES = 64 * 1024;
/** A ROM that is not up yet misses the first byte, and stm32flash gives it no second chance. */
const ROM_START_UP_MS = 1000;
const ROUND_TRIPS_MS = [0, 20, 100] as const;
const CLI = fileURLToPath(new URL('../cli/main.js', import.meta.url));

interface Statistics {
  readonly lineMs: number;
}

/** Serves a board, lets `client` work on it, and returns how long its line was in use. */
async function boardSeconds(folder: string, rttMs: number, listen: string, client: (endpoint: string) => Promise<void>): Promise<number> {
  const stats = join(folder, 'stats.json');
  const server = execa('node', [CLI, 'sim', '--listen', listen, '--rtt', `${rttMs}ms`, '--stats', stats], { reject: false });
  try {
    const endpoint = await new Promise<string>((resolve, reject) => {
      let said = '';
      server.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const match = /listens on ([^\s,;]+)/.exec(said);
        if (match !== null) resolve(match[1]!);
      });
      void server.then(() => reject(new Error(`sim ended: ${said}`)));
    });
    await setTimeout(ROM_START_UP_MS);
    await client(endpoint);
  } finally {
    server.kill('SIGINT');
    await server;
  }
  return (JSON.parse(readFileSync(stats, 'utf8')) as Statistics).lineMs / 1000;
}

/** The board on a pseudo-terminal, which has no parity: 8N1 there is still 8E1 on the board's line. */
async function withStm32flash(file: string, endpoint: string): Promise<void> {
  await execa('stm32flash', ['-b', '115200', '-m', '8n1', '-S', `0x08000000:${LENGTH_BYTES}`, '-v', '-w', file, endpoint.replace(/^pty:/, '')]);
}

/** A table, or the reason why there is none. */
export async function stm32flashTable(say: (text: string) => void): Promise<string[]> {
  const missing = [];
  for (const tool of ['stm32flash', 'socat']) {
    if ((await execa('sh', ['-c', `command -v ${tool}`], { reject: false })).failed) missing.push(tool);
  }
  if (missing.length > 0) return [`Not measured: ${missing.join(' and ')} not installed here.`];
  const folder = mkdtempSync(join(tmpdir(), 'stage-flash-bench-'));
  try {
    const file = join(folder, 'noise.bin');
    writeFileSync(file, incompressibleImage(LENGTH_BYTES).segments[0]!.bytes);
    const rows: string[] = [];
    for (const rttMs of ROUND_TRIPS_MS) {
      say(`64 KiB through the ROM, RTT ${rttMs} ms: stm32flash, --direct, stub`);
      // It allows half a second for an answer: on a machine too busy to serve the board in time it gives up, and NaN says so.
      const theirs = await boardSeconds(folder, rttMs, `pty:${join(folder, `pty-${rttMs}`)}`, (endpoint) => withStm32flash(file, endpoint)).catch(() => Number.NaN);
      const ours = async (...options: string[]): Promise<number> =>
        boardSeconds(folder, rttMs, 'tcp://127.0.0.1:0', async (endpoint) => void (await execa('node', [CLI, file, '--to', endpoint, '--stay', '--quiet', ...options])));
      const direct = await ours('--direct');
      const stub = await ours();
      rows.push(`| ${rttMs} | ${theirs.toFixed(2)} | ${direct.toFixed(2)} | ${(direct / theirs).toFixed(3)} | ${stub.toFixed(2)} | ${(theirs / stub).toFixed(1)} |`);
    }
    return ['| RTT ms | stm32flash s | `--direct` s | `--direct` / stm32flash | stage-flash s | stm32flash / stage-flash |', '|--:|--:|--:|--:|--:|--:|', ...rows];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

