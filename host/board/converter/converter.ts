/**
 * The box between network and serial line: bytes from TCP go out on the line, characters from the line go into packets. Faults are
 * filters on either way and injections; the box itself does its job.
 */
import type { LineSettings } from '../../link/line-settings.js';
import type { Scheduler } from '../event-queue.js';
import type { Character } from '../line-decoder.js';
import { LineDecoder } from '../line-decoder.js';
import type { LineListener, LineRun } from '../serial-line.js';
import { characterTicks } from '../serial-line.js';
import type { Tick } from '../time.js';
import { msToTicks } from '../time.js';
import { LineSender } from './line-sender.js';
import { Packer } from './packer.js';
import { TWO_WIRES_RUN_BYTES, type TwoWires } from './two-wires.js';

export interface ConverterOptions {
  readonly line: LineSettings;
  /** Quiet time on the line that ends a packet; undefined: four characters. */
  readonly packingIntervalMs: number | undefined;
  readonly packingLengthBytes: number;
  readonly bufferBytes: number;
  readonly backPressure: boolean;
}

/** What a fault makes of the bytes that pass. */
export type ByteFilter = (bytes: Uint8Array, tick: Tick) => Uint8Array;

const DEFAULT_PACKING_CHARACTERS = 4;

export class Converter {
  /** Applied in order, to what came from the network and before the line's buffer. */
  readonly toLineFilters: ByteFilter[] = [];
  /** Applied in order, to whole packets before they leave for the network. */
  readonly toNetworkFilters: ByteFilter[] = [];
  /** Of the bit rates that a client asks for, those that its UART really takes; of others it says that it does. */
  takesRate: (baudRate: number) => boolean = () => true;
  onPacket: (bytes: Uint8Array, tick: Tick) => void = () => undefined;
  readonly #packingIntervalMs: number | undefined;
  readonly #sender: LineSender;
  readonly #decoder: LineDecoder;
  readonly #packer: Packer;
  #twoWires: TwoWires | undefined;

  constructor(options: ConverterOptions, scheduler: Scheduler, toBoard: LineListener) {
    const { line, packingLengthBytes } = options;
    this.#packingIntervalMs = options.packingIntervalMs;
    this.#sender = new LineSender(options, scheduler, (run) => toBoard(this.#twoWires?.toBoard(run) ?? run));
    this.#decoder = new LineDecoder(line);
    this.#packer = new Packer({ intervalTicks: this.#packingTicks(line), lengthBytes: packingLengthBytes }, scheduler, (bytes, tick) => this.sendPacket(bytes, tick));
  }

  /** Bytes that a full buffer has lost on the way to the line. */
  get overflowedBytes(): number {
    return this.#sender.overflowedBytes;
  }

  /** Undefined: full duplex. */
  get twoWires(): TwoWires | undefined {
    return this.#twoWires;
  }

  set twoWires(twoWires: TwoWires) {
    this.#twoWires = twoWires;
    this.#sender.longestRunBytes = TWO_WIRES_RUN_BYTES;
  }

  /** As it is set now. The host may believe something else. */
  get line(): LineSettings {
    return this.#sender.line;
  }

  set line(line: LineSettings) {
    this.#sender.line = line;
    this.#decoder.settings = line;
    this.#packer.intervalTicks = this.#packingTicks(line);
  }

  /** As a client asks. */
  setLine(line: LineSettings): void {
    if (this.takesRate(line.baudRate)) this.line = line;
  }

  /** A TCP segment has arrived. */
  receivePacket(bytes: Uint8Array, tick: Tick): void {
    this.writeToLine(this.toLineFilters.reduce((passed, filter) => filter(passed, tick), bytes), tick);
  }

  /** Puts bytes into the line's buffer that no filter sees. */
  writeToLine(bytes: Uint8Array, tick: Tick): void {
    if (bytes.length > 0) this.#sender.send(bytes, tick);
  }

  /** Characters from the board; learned of at the latest one character after they ended. */
  receiveRun(run: LineRun): void {
    this.#twoWires?.fromBoard(run);
    this.#decoder.push(run);
    const characters: Character[] = [];
    for (;;) {
      const character = this.#decoder.next(Infinity);
      if (character === undefined) break;
      characters.push(character);
    }
    this.#packer.push(characters.filter((character) => this.#twoWires?.hears(character, characterTicks(this.line)) ?? true));
  }

  /** A packet to the client, through the filters. */
  sendPacket(bytes: Uint8Array, tick: Tick): void {
    const passed = this.toNetworkFilters.reduce((packet, filter) => filter(packet, tick), bytes);
    if (passed.length > 0) this.onPacket(passed, tick);
  }

  dropHeldBack(): void {
    this.#sender.dropHeldBack();
  }

  #packingTicks(line: LineSettings): Tick {
    return this.#packingIntervalMs === undefined ? DEFAULT_PACKING_CHARACTERS * characterTicks(line) : msToTicks(this.#packingIntervalMs);
  }
}
