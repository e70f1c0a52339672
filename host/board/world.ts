/**
 * Board, converter and network in one virtual time: the only clock there is. The board never runs past an event that it must see, and
 * whatever it sends ends its slice, so that a cause always comes before its effect and a run repeats to the tick.
 */
import type { Board, BoardEvent } from './board.js';
import type { ConnectionPaths, Ending } from './connection.js';
import { Connection } from './connection.js';
import type { Converter } from './converter/converter.js';
import type { EventQueue } from './event-queue.js';
import type { Random } from './random.js';
import type { LineRun } from './serial-line.js';
import { characterTicks } from './serial-line.js';
import type { Tick } from './time.js';

/** What crossed the two wires of the board. */
export interface LineTraffic {
  bytesToBoard: number;
  bytesFromBoard: number;
  /** Start of the first and end of the last character, either way; undefined before any. */
  firstTick: Tick | undefined;
  lastTick: Tick | undefined;
}

export class World {
  readonly board: Board;
  readonly converter: Converter;
  readonly traffic: LineTraffic = { bytesToBoard: 0, bytesFromBoard: 0, firstTick: undefined, lastTick: undefined };
  /** Everything that the board has been through, oldest first. */
  readonly boardEvents: BoardEvent[] = [];
  onBoardEvent: (event: BoardEvent) => void = () => undefined;
  /** The converter takes no client before; it mistakes a dead one for a living. */
  lockedUntilTick: Tick = 0;
  readonly onConnected: ((connection: Connection, tick: Tick) => void)[] = [];
  /** A connection has ended that the host did not close. */
  readonly onBroken: ((tick: Tick) => void)[] = [];

  /** The network of the connections to come. */
  paths: ConnectionPaths;

  readonly #queue: EventQueue;
  readonly #random: Random;
  #client: Connection | undefined;

  constructor(board: Board, converter: Converter, queue: EventQueue, paths: ConnectionPaths, random: Random) {
    this.board = board;
    this.converter = converter;
    this.#queue = queue;
    this.paths = paths;
    this.#random = random;
    board.onEvent = (event) => {
      this.boardEvents.push(event);
      this.onBoardEvent(event);
    };
    board.onLineOut = (run) => {
      this.#count(run, 'bytesFromBoard');
      converter.receiveRun(run);
    };
    converter.onPacket = (bytes, tick) => this.#client?.sendToHost(bytes, tick);
  }

  get now(): Tick {
    return this.board.tick;
  }

  /** The converter's client; undefined when there is none that it knows of. */
  get client(): Connection | undefined {
    return this.#client;
  }

  /** The converter puts a run on the board's wire. */
  toBoard(run: LineRun): void {
    this.#count(run, 'bytesToBoard');
    this.board.lineIn(run);
  }

  /** A new client of the converter, or undefined: it has one already. Over UDP it has whoever was heard last. */
  connect(): Connection | undefined {
    // A client's last segment is on its way before a new client's first one.
    if (this.#client?.isHostClosed === true) this.#forget(this.#client);
    if ((this.#client !== undefined && !this.#client.isDatagrams) || this.now < this.lockedUntilTick) return undefined;
    const connection = new Connection(this.paths, this.#random.fork('connection'), this.#queue);
    connection.onSegment = (bytes, tick) => {
      if (connection.isDatagrams) this.#client = connection;
      this.converter.receivePacket(bytes, tick);
    };
    connection.onHostClosed = () => this.#forget(connection);
    if (!connection.isDatagrams) this.#client = connection;
    for (const notify of this.onConnected) notify(connection, this.now);
    return connection;
  }

  /** The converter, or something on the way, ends the connection. */
  endConnection(ending: Ending, tick: Tick): void {
    if (this.#client === undefined) return;
    this.#client.cut(ending, tick);
    this.#forget(this.#client);
    for (const notify of this.onBroken) notify(tick);
  }

  /** Lets time pass until `untilTick`, or until `shouldStop` says so after an event. */
  run(untilTick: Tick, shouldStop: () => boolean = () => false): void {
    this.#queue.runDue(this.now);
    while (this.now < untilTick && !shouldStop()) {
      this.board.run(Math.min(untilTick, this.#queue.nextTick));
      this.#queue.runDue(this.now);
    }
  }

  #forget(connection: Connection): void {
    if (this.#client !== connection) return;
    this.#client = undefined;
    this.converter.dropHeldBack();
  }

  #count(run: LineRun, direction: 'bytesToBoard' | 'bytesFromBoard'): void {
    this.traffic[direction] += run.bytes.length;
    this.traffic.firstTick = Math.min(this.traffic.firstTick ?? Infinity, run.startTick);
    this.traffic.lastTick = Math.max(this.traffic.lastTick ?? 0, run.startTick + run.bytes.length * characterTicks(run.format));
  }
}
