/**
 * A whole flashing session on both cores: the same host, network, ROM model and peripherals, and the real machine code of loader and
 * stub once on the engine, once on libunicorn. Skipped aloud where the oracle is missing; CI on Linux must have it.
 */
import { describe, expect, test, vi } from 'vitest';
import { parseBoardOptions } from '../../../host/board/board-options.js';
import { createWorld } from '../../../host/board/create-world.js';
import type { CreateCore } from '../../../host/board/cpu/core.js';
import { Random } from '../../../host/board/random.js';
import type { LineRun } from '../../../host/board/serial-line.js';
import { msToTicks, TICKS_PER_SECOND, type Tick } from '../../../host/board/time.js';
import type { World } from '../../../host/board/world.js';
import { connectSimLink } from '../../../host/link/sim-link.js';
import { fillFlash, firstDifference, flashedOver, flashOf, incompressible, runJob } from '../../e2e/virtual-board.js';
import { recordedEngine } from './oracle/recorded-engine.js';
import { Transcript, TranscriptReader } from './oracle/transcript.js';
import { mayDoWithout, openUnicorn } from './oracle/unicorn.js';
import { UnicornCore } from './oracle/unicorn-core.js';

// The token of a session is random, and both runs must send the same bytes.
vi.mock('../../../host/protocol/token.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../host/protocol/token.js')>();
  const newToken = (): number => {
    const random = new Random(1);
    return original.newToken(() => random.below(256));
  };
  return { ...original, newToken };
});

const isSkipped = mayDoWithout(await openUnicorn(), 'session in lockstep');

/** The ROM has started up long before. */
const BOARD_AGE_MS = 1000;
/** For a machine with much else to do; 15 s are enough otherwise. */
const TIMEOUT_MS = 180_000;

interface Session {
  readonly query: string;
  readonly lengthBytes: number;
  readonly address?: number;
}

interface Outcome {
  readonly endTick: Tick;
  readonly text: string;
  readonly ram: Uint8Array;
  readonly flash: Uint8Array;
  readonly wire: readonly Transfer[];
}

interface Transfer {
  readonly direction: 'to board' | 'from board';
  readonly startTick: Tick;
  readonly bytesHex: string;
}

/** From power on to LEAVE and the reset that follows, with whatever core. */
async function runSession({ query, lengthBytes, address }: Session, createCore: CreateCore): Promise<Outcome> {
  const options = parseBoardOptions(new URLSearchParams(query));
  let ram: readonly Uint8Array[] = [];
  const world = createWorld(options, (surroundings) => {
    ram = surroundings.regions.filter(({ base }) => options.chip.ram.some((facts) => facts.base === base)).map(({ bytes }) => bytes);
    return createCore(surroundings);
  });
  const wire = tapWire(world);
  world.run(msToTicks(BOARD_AGE_MS));
  const link = connectSimLink(world, options);
  const before = fillFlash(link, 2, 0x2000);
  const image = incompressible(lengthBytes, 1, address);
  const { report } = await runJob(image, link);
  await link.close();
  expect(firstDifference(flashOf(link), flashedOver(before, image, link))).toBeUndefined();
  expect(ram).toHaveLength(options.chip.ram.length);
  expect(new Set(wire.map(({ direction }) => direction)).size).toBe(2);
  return { endTick: world.now, text: report.text, ram: Buffer.concat(ram), flash: flashOf(link), wire };
}

function tapWire({ board }: World): readonly Transfer[] {
  const wire: Transfer[] = [];
  const note = (direction: Transfer['direction'], { startTick, bytes }: LineRun): void => {
    wire.push({ direction, startTick, bytesHex: Buffer.from(bytes).toString('hex') });
  };
  const { onLineOut } = board;
  board.onLineOut = (run) => {
    note('from board', run);
    onLineOut(run);
  };
  const lineIn = board.lineIn.bind(board);
  board.lineIn = (run) => {
    note('to board', run);
    lineIn(run);
  };
  return wire;
}

describe.skipIf(isSkipped)('a session takes the same course on the engine and on libunicorn', () => {
  test.each<Session>([
    { query: 'chip=STM32H743xI&baud=921600&rtt=100ms', lengthBytes: 0x40000, address: 0x080e0000 },
    { query: 'chip=STM32H723xG&rom-resets=no&pins=PD8/PD9', lengthBytes: 0x4000 },
    { query: 'chip=STM32H7A3xI&rom-resets=no', lengthBytes: 0x4000, address: 0x080fe000 },
  ])('$query', async (session) => {
    const transcript = new Transcript();
    const startMs = performance.now();
    const engine = await runSession(session, (surroundings) => recordedEngine(surroundings, transcript));
    const engineMs = performance.now() - startMs;

    const unicorn = await openUnicorn();
    if (typeof unicorn === 'string') throw new Error(`the oracle is missing: ${unicorn}`);
    const reader = new TranscriptReader(transcript);
    const oracle = await runSession(session, (surroundings) => new UnicornCore(unicorn, surroundings, reader)).finally(() => unicorn.close());

    expect(reader.accessCount).toBe(transcript.accessCount);
    expect(reader.sliceCount).toBe(transcript.slices.length);
    expect(oracle.endTick).toBe(engine.endTick);
    expect(oracle.text).toBe(engine.text);
    expect(oracle.wire).toEqual(engine.wire);
    expect(firstDifference(oracle.ram, engine.ram)).toBeUndefined();
    expect(firstDifference(oracle.flash, engine.flash)).toBeUndefined();
    const oracleMs = performance.now() - startMs - engineMs;
    console.info(`${session.query}: ${describeTranscript(transcript)}, ${(engine.endTick / TICKS_PER_SECOND).toFixed(1)} virtual s in ${(engineMs / 1000).toFixed(1)} s and ${(oracleMs / 1000).toFixed(1)} s`);
  }, TIMEOUT_MS);
});

function describeTranscript(transcript: Transcript): string {
  const first = transcript.access(0)?.tick ?? 0;
  const last = transcript.slices.at(-1)?.endTick ?? 0;
  return `${last - first} ticks of the core, ${transcript.accessCount} accesses and ${transcript.slices.length} slices are equal`;
}
