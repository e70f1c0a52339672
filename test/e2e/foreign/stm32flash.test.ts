/** stm32flash, which knows only the AN3155 of ST's documents, against the virtual ROM. A pseudo-terminal has no parity: `-m 8n1`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { Random } from '../../../host/board/random.js';
import type { RunningSim } from '../../cli/running-sim.js';
import { startSim } from '../../cli/running-sim.js';
import { findTool, mustSkip } from './foreign-tools.js';

const IMAGE_BYTES = 65_536;
const folder = mkdtempSync(join(tmpdir(), 'stage-flash-'));
const tty = join(folder, 'tty');
const flashFile = join(folder, 'board.bin');
let running: RunningSim | undefined;

/** The board that the next calls of stm32flash find. */
async function serveBoard(): Promise<RunningSim> {
  const sim = await startSim('--listen', `pty:${tty}`, '--rtt', '1ms', '--baud', '921600', '--time-scale', '10', '--flash-file', flashFile);
  running = sim;
  await vi.waitFor(() => expect(sim.said()).toContain('connected'), { timeout: 10_000, interval: 5 });
  return sim;
}

const stm32flash = async (...options: readonly string[]): Promise<string> => (await execa(findTool('stm32flash') ?? 'stm32flash', ['-m', '8n1', ...options, tty])).stdout;

afterEach(async () => {
  await running?.interrupt();
  running = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(mustSkip('stm32flash against the virtual board', 'stm32flash', 'socat'))('stm32flash against the virtual board', () => {
  it('reads the id, erases, writes, verifies and reads back 64 KiB', { timeout: 120_000 }, async () => {
    const image = new Random(11).fill(new Uint8Array(IMAGE_BYTES));
    const imageFile = join(folder, 'image.bin');
    const readBackFile = join(folder, 'read-back.bin');
    writeFileSync(imageFile, image);
    // Content of another life, in the sector that is erased and in the next one.
    const before = new Random(12).fill(new Uint8Array(2 * 1024 * 1024));
    writeFileSync(flashFile, before);
    const sim = await serveBoard();
    // The first run synchronises, the others find the ROM in step already.
    expect(await stm32flash()).toContain('Device ID    : 0x0450');
    expect(await stm32flash('-w', imageFile, '-v', '-S', '0x08000000')).toContain('(100.00%)');
    await stm32flash('-r', readBackFile, '-S', `0x08000000:${IMAGE_BYTES}`);
    expect(Buffer.compare(readFileSync(readBackFile), image)).toBe(0);
    await sim.interrupt();
    const after = readFileSync(flashFile);
    expect(Buffer.compare(after.subarray(0, IMAGE_BYTES), image)).toBe(0);
    expect(after.subarray(IMAGE_BYTES, 0x20000).every((byte) => byte === 0xff)).toBe(true);
    expect(Buffer.compare(after.subarray(0x20000), before.subarray(0x20000))).toBe(0);
    expect(sim.said()).toMatch(/2048 flash words programmed, 1 sectors erased/);
  });
});
