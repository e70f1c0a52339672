/**
 * The shortcuts that make the virtual board fast must not show: a whole job through ROM, loader and stub comes out the same whether
 * polling loops are run or passed over, and in whatever steps somebody lets the time pass.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { parseBoardOptions } from '../../host/board/board-options.js';
import type { ChipOptions } from '../../host/board/chip/chip.js';
import { createWorld } from '../../host/board/create-world.js';
import { Random } from '../../host/board/random.js';
import { msToTicks, ticksToMs } from '../../host/board/time.js';
import type { World } from '../../host/board/world.js';
import { connectSimLink } from '../../host/link/sim-link.js';
import { FrameDecoder } from '../../host/protocol/frame.js';
import { decodeMessage, type MessageValues } from '../../host/protocol/messages.js';
import { newToken } from '../../host/protocol/token.js';
import { incompressible, runJob } from '../e2e/virtual-board.js';

const emulation = vi.hoisted(() => ({ pollSkipTicks: 0 as number | undefined }));

vi.mock('../../host/board/chip/chip.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../host/board/chip/chip.js')>();
  class Chip extends original.Chip {
    constructor(options: ChipOptions) {
      super(emulation.pollSkipTicks === undefined ? options : { ...options, pollSkipTicks: emulation.pollSkipTicks });
    }
  }
  return { ...original, Chip };
});

// The token of a session is random otherwise, and with it every frame.
vi.mock('../../host/protocol/token.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../host/protocol/token.js')>();
  return { ...original, newToken: () => { const random = new Random(1); return original.newToken(() => random.below(256)); } };
});

const TOKEN = newToken();

interface Job {
  readonly query: string;
  readonly imageBytes: number;
  /** Most ticks passed at once; as the board does by default. */
  readonly pollSkipTicks?: number;
  /** Most time that passes at once; as the host waits by default. */
  readonly sliceMs?: number;
  /** Time counts to the last word in flash, and not to the farewell: a report more, and the jitter of all answers behind it is drawn anew. */
  readonly isJittery?: boolean;
}

interface Outcome {
  readonly outcome: string;
  readonly flash: string;
  /** Digest of every byte on the wire. */
  readonly toBoard: string;
  readonly fromBoard: Answers;
  readonly milliseconds: number;
}

/** What the board said. The stub reports its PROGRESS by its own clock, so a microsecond can add one or count one more flash word. */
interface Answers {
  /** From ROM and loader, every byte. */
  readonly beforeStub: string;
  readonly messages: readonly unknown[];
  /** What PROGRESS never says otherwise, whenever it is composed. */
  readonly progress: readonly string[];
}

async function outcomeOf({ query, imageBytes, pollSkipTicks, sliceMs, isJittery = false }: Job): Promise<Outcome> {
  emulation.pollSkipTicks = pollSkipTicks;
  const options = parseBoardOptions(new URLSearchParams(query));
  const world = createWorld(options);
  if (sliceMs !== undefined) passTimeInSlices(world, msToTicks(sliceMs));
  const wires = tapWires(world);
  world.run(msToTicks(1000));
  const link = connectSimLink(world, options);
  let flashedTick = 0;
  world.board.chip.flash.onOperation = ({ endTick }) => (flashedTick = Math.max(flashedTick, endTick));
  const { report } = await runJob(incompressible(imageBytes, 5), link);
  const milliseconds = isJittery ? ticksToMs(flashedTick) : link.now();
  await link.close();
  return {
    outcome: report.outcome,
    flash: createHash('sha256').update(world.board.chip.flash.snapshot()).digest('hex'),
    toBoard: createHash('sha256').update(Buffer.concat(wires.toBoard)).digest('hex'),
    fromBoard: answersIn(Buffer.concat(wires.fromBoard)),
    milliseconds,
  };
}

function answersIn(bytes: Uint8Array): Answers {
  const decoder = new FrameDecoder(TOKEN);
  const messages = decoder.push(bytes).map(decodeMessage);
  return {
    beforeStub: Buffer.from(bytes.subarray(0, decoder.discardedBytes)).toString('hex'),
    messages: messages.filter((message) => message?.name !== 'progress'),
    progress: [...new Set(messages.flatMap((message) => (message?.name === 'progress' ? [statusIn(message.values)] : [])))],
  };
}

function statusIn({ status, detail, flashStatus, discardedBytes, lineErrors }: MessageValues<'progress'>): string {
  return JSON.stringify({ status, detail, flashStatus, discardedBytes, lineErrors });
}

function passTimeInSlices(world: World, sliceTicks: number): void {
  const run = world.run.bind(world);
  world.run = (untilTick, shouldStop = () => false) => {
    while (world.now < untilTick && !shouldStop()) run(Math.min(untilTick, world.now + sliceTicks), shouldStop);
  };
}

function tapWires({ board }: World): { readonly toBoard: Uint8Array[]; readonly fromBoard: Uint8Array[] } {
  const wires = { toBoard: [] as Uint8Array[], fromBoard: [] as Uint8Array[] };
  const lineIn = board.lineIn.bind(board);
  board.lineIn = (run) => {
    wires.toBoard.push(run.bytes);
    lineIn(run);
  };
  const lineOut = board.onLineOut;
  board.onLineOut = (run) => {
    wires.fromBoard.push(run.bytes);
    lineOut(run);
  };
  return wires;
}

function expectSame(actual: Outcome, reference: Outcome): void {
  expect(actual.outcome).toBe('flashed');
  expect(actual.fromBoard.messages.length).toBeGreaterThan(2);
  expect(Math.abs(actual.milliseconds / reference.milliseconds - 1)).toBeLessThan(0.001);
  expect({ ...actual, milliseconds: 0 }).toEqual({ ...reference, milliseconds: 0 });
}

describe('a job does not depend on how far polling loops are passed over', () => {
  const small: Job = { query: 'rtt=100ms', imageBytes: 8 * 1024 };
  const large: Job = { query: 'rtt=100ms', imageBytes: 64 * 1024 };

  test('8 KiB: each turn of a loop run, and 32, 2048, 16 384 ticks at once, against the default', async () => {
    const reference = await outcomeOf(small);
    for (const pollSkipTicks of [0, 32, 2048, 16_384]) expectSame(await outcomeOf({ ...small, pollSkipTicks }), reference);
  }, 180_000);

  test.each(['STM32H723xG', 'STM32H7A3xI'])('8 KiB on %s: each turn of a loop run against the default', async (chip) => {
    const job: Job = { ...small, query: `chip=${chip}&${small.query}` };
    expectSame(await outcomeOf({ ...job, pollSkipTicks: 0 }), await outcomeOf(job));
  }, 180_000);

  test('64 KiB at 115200 baud: 2048 ticks against the default', async () => {
    expectSame(await outcomeOf({ ...large, pollSkipTicks: 2048 }), await outcomeOf(large));
  }, 60_000);
});

describe('a job does not depend on the steps in which time passes', () => {
  test.each([
    ['STM32H743xI', [0.1, 7, 20]],
    ['STM32H723xG', [0.3]],
    ['STM32H7A3xI', [0.3]],
  ])('%s, in steps of %j ms', async (chip, stepsMs) => {
    const job: Job = { query: `chip=${chip}&rtt=100ms&jitter=20ms&seed=4`, imageBytes: 64 * 1024, isJittery: true };
    const reference = await outcomeOf(job);
    for (const sliceMs of stepsMs) expectSame(await outcomeOf({ ...job, sliceMs }), reference);
  }, 60_000);
});
