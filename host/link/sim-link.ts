/**
 * `sim:`: a Link to a virtual board inside this process. Pull-driven: virtual time passes only while somebody waits in `receive`, so
 * that a session over a two-second satellite hop takes as long as its computing, and repeats to the byte.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { BoardOptions } from '../board/board-options.js';
import { parseBoardOptions } from '../board/board-options.js';
import type { Connection } from '../board/connection.js';
import { createWorld } from '../board/create-world.js';
import { saveFlashFile } from '../board/flash-file.js';
import { msToTicks, ticksToMs } from '../board/time.js';
import type { World } from '../board/world.js';
import { StageFlashError } from '../errors.js';
import { DATAGRAM_BYTES } from './datagrams.js';
import { isSameLine, type LineSettings } from './line-settings.js';
import type { LineAbility, Link } from './link.js';

/** A board in a cabinet was switched on long before anybody connects: its ROM has started up. */
const BOARD_AGE_MS = 1000;
/** The event loop gets its turn this often, for progress bars and Ctrl-C. */
const LONGEST_TURN_MS = 20;
/** Timers are no finer; what is left over is slept with the next one. */
const SHORTEST_SLEEP_MS = 2;
/** A converter that has not answered a command by then will not. */
const COMMAND_MS = 30_000;
/** Virtual time between two looks at the wall clock. */
const SLICE_MS = 50;

/** A new board and a link to it. @throws StageFlashError kind `usage` for options that are wrong. */
export async function openSimLink(parameters: URLSearchParams | BoardOptions): Promise<SimLink> {
  const options = parameters instanceof URLSearchParams ? parseBoardOptions(parameters) : parameters;
  const world = createWorld(options);
  world.run(msToTicks(BOARD_AGE_MS));
  return connectSimLink(world, options);
}

/** Another link to a board that is there already: what a host does after its connection broke. */
export function connectSimLink(world: World, options: BoardOptions): SimLink {
  const connection = world.connect();
  if (connection !== undefined) {
    const startTick = world.now;
    const openTick = connection.handshakeEnd(startTick);
    world.run(openTick);
    return new SimLink(world, connection, options, ticksToMs(openTick - startTick));
  }
  throw new StageFlashError('link', 'sim: the converter refuses the connection: it has a client already', {
    hint: 'Wait until it lets the old connection go.',
    cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
  });
}

export class SimLink implements Link {
  readonly name = 'sim:';
  readonly abilities: readonly LineAbility[];
  readonly connectMs?: number;
  readonly datagramBytes?: number;
  readonly world: World;
  readonly options: BoardOptions;
  readonly #connection: Connection;
  #line: LineSettings;
  #isClosed = false;
  /** The event loop had its turn then; a session is thousands of short receives. */
  #turnStartMs = performance.now();

  constructor(world: World, connection: Connection, options: BoardOptions, connectMs: number) {
    // Datagrams need no connection, so they tell nothing of the distance.
    if (options.transport === 'udp') this.datagramBytes = DATAGRAM_BYTES;
    else this.connectMs = connectMs;
    this.world = world;
    this.options = options;
    this.abilities = options.transport === 'udp' ? [] : ['rate'];
    this.#line = lineOf(options);
    this.#connection = connection;
  }

  get line(): LineSettings {
    return this.#line;
  }

  now(): number {
    return ticksToMs(this.world.now);
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.#throwIfGone();
    this.#connection.send(bytes, this.world.now);
  }

  async receive(deadlineMs: number): Promise<Uint8Array> {
    const start = { wallMs: performance.now(), tick: this.world.now };
    while (!this.#connection.hasArrived && this.now() < deadlineMs) {
      this.#throwIfGone();
      const untilTick = Math.max(msToTicks(Math.min(deadlineMs, this.now() + SLICE_MS)), this.world.now + 1);
      this.world.run(untilTick, () => this.#connection.hasArrived || this.#connection.ending !== undefined);
      const nowMs = performance.now();
      const aheadMs = start.wallMs + ticksToMs(this.world.now - start.tick) / (this.options.timeScale ?? Infinity) - nowMs;
      if (aheadMs >= SHORTEST_SLEEP_MS) await setTimeout(aheadMs);
      else if (nowMs - this.#turnStartMs >= LONGEST_TURN_MS) await setImmediate();
      else continue;
      this.#turnStartMs = performance.now();
    }
    if (this.#connection.hasArrived) return concatenate(this.#connection.take());
    this.#throwIfGone();
    return new Uint8Array();
  }

  async reopen(afterMs: number): Promise<SimLink> {
    this.world.run(this.world.now + msToTicks(afterMs));
    await setImmediate();
    const again = connectSimLink(this.world, this.options);
    if (!isSameLine(again.line, this.#line)) await again.setLine(this.#line);
    return again;
  }

  /** A command to the converter, behind all bytes, and its answer. */
  async setLine(line: LineSettings): Promise<void> {
    this.#throwIfGone();
    let isAnswered = false;
    this.#connection.command(this.world.now, () => this.world.converter.setLine(line), () => (isAnswered = true));
    const deadlineTick = this.world.now + msToTicks(COMMAND_MS);
    this.world.run(deadlineTick, () => isAnswered || this.#connection.ending !== undefined);
    this.#throwIfGone();
    if (!isAnswered) throw new StageFlashError('link', 'sim: the converter does not answer');
    this.#line = line;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // As the driver of a serial port does for its next user.
    if (!isSameLine(this.#line, lineOf(this.options))) this.world.converter.setLine(lineOf(this.options));
    this.#connection.close(this.world.now);
    if (this.options.flashFile !== undefined) saveFlashFile(this.options.flashFile, this.world.board.chip);
  }

  #throwIfGone(): void {
    if (this.#isClosed) throw new StageFlashError('link', 'sim: the link is closed');
    const { ending } = this.#connection;
    if (ending === undefined) return;
    throw new StageFlashError('link', ending === 'reset' ? 'sim: connection reset by the converter' : 'sim: the converter closed the connection');
  }
}

function lineOf({ baud, parity, halfDuplex }: BoardOptions): LineSettings {
  return { baudRate: baud, parity, stopBits: 1, ...(halfDuplex && { isHalfDuplex: true }) };
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
