/**
 * A ROM on the bench: no chip around it but memory and a flash controller that is always ready, a host that types bytes and waits for
 * answers. What needs the real chip is tested through the world.
 */
import { findPart } from '../../../host/device/h7-parts.js';
import type { AccessSize } from '../../../host/board/cpu/bus.js';
import { LineDecoder } from '../../../host/board/line-decoder.js';
import type { RomChip } from '../../../host/board/rom/rom-memory.js';
import type { RomExit } from '../../../host/board/rom/rom-program.js';
import { findRomVersion } from '../../../host/board/rom/rom-versions.js';
import { Rom } from '../../../host/board/rom/rom.js';
import { characterTicks } from '../../../host/board/serial-line.js';
import { msToTicks } from '../../../host/board/time.js';
import type { LineSettings } from '../../../host/link/line-settings.js';
import { AN3155_LINE } from '../../../host/link/line-settings.js';

/** Option bytes as shipped: RDP level 0 and the watchdog off in OPTSR_CUR, nothing protected in WPSN_CUR of both banks. */
const REGISTERS: readonly (readonly [address: number, value: number])[] = [
  [0x5200201c, 0x0000aa10],
  [0x52002038, 0xffffffff],
  [0x52002138, 0xffffffff],
];

class BenchChip implements RomChip {
  readonly part;
  readonly bytes = new Map<number, number>();
  readonly writes: number[] = [];

  constructor(partName: string, rdp: number) {
    const part = findPart(partName);
    if (part === undefined) throw new RangeError(partName);
    this.part = part;
    for (const [address, value] of REGISTERS) this.#store(address, 4, value);
    this.bytes.set(0x5200201d, rdp);
  }

  read(address: number, size: AccessSize): number {
    let value = 0;
    for (let at = size - 1; at >= 0; at--) value = value * 256 + (this.bytes.get(address + at) ?? 0);
    return value;
  }

  write(address: number, size: AccessSize, value: number): void {
    this.writes.push(address);
    if (address < 0x52002000 || address > 0x520021ff) this.#store(address, size, value);
  }

  #store(address: number, size: AccessSize, value: number): void {
    for (let at = 0; at < size; at++) this.bytes.set(address + at, (value >>> (8 * at)) & 0xff);
  }
}

export interface BenchOptions {
  readonly part?: string;
  readonly bootloaderId?: number;
  readonly line?: LineSettings;
  readonly rxPin?: string;
  readonly rdp?: number;
}

export class RomBench {
  readonly rom: Rom;
  readonly chip: BenchChip;
  exit: RomExit | undefined;
  readonly #line: LineSettings;
  readonly #rxPin: string;
  readonly #receiver: LineDecoder;
  readonly txPins = new Set<string>();
  #now = 0;

  constructor(options: BenchOptions = {}) {
    const { part = 'STM32H743xI', bootloaderId = 0x92, line = AN3155_LINE, rxPin = 'PA10', rdp = 0xaa } = options;
    this.chip = new BenchChip(part, rdp);
    const version = findRomVersion(this.chip.part.family, bootloaderId);
    if (version === undefined) throw new RangeError(`no ROM ${bootloaderId}`);
    this.rom = new Rom(version, this.chip);
    this.#line = line;
    this.#rxPin = rxPin;
    this.#receiver = new LineDecoder(line);
    this.rom.onLineOut = (txPin, run) => {
      this.txPins.add(txPin);
      this.#receiver.push(run);
    };
    this.rom.start(0);
    this.wait(version.startUpMs + 1);
  }

  get now(): number {
    return this.#now;
  }

  /** Lets the ROM run. */
  wait(ms: number): void {
    const until = this.#now + msToTicks(ms);
    while (this.exit === undefined && this.rom.tick < until) this.exit = this.rom.run(until);
    this.#now = until;
  }

  /** Types bytes back to back (or with a gap of so many characters), waits `ms` and returns what the host's UART heard. */
  type(bytes: readonly number[], ms = 20, gapCharacters = 0): number[] {
    const character = characterTicks(this.#line);
    const start = this.#now + character;
    if (gapCharacters === 0) this.rom.lineIn(this.#rxPin, { bytes: Uint8Array.from(bytes), startTick: start, format: this.#line });
    else {
      bytes.forEach((byte, at) =>
        this.rom.lineIn(this.#rxPin, { bytes: Uint8Array.of(byte), startTick: start + at * (1 + gapCharacters) * character, format: this.#line }),
      );
    }
    this.wait(ms + ((bytes.length * (1 + gapCharacters) + 1) * character) / msToTicks(1));
    const heard: number[] = [];
    for (let next = this.#receiver.next(Infinity); next !== undefined; next = this.#receiver.next(Infinity)) heard.push(next.byte);
    return heard;
  }

  synchronise(): this {
    this.type([0x7f]);
    return this;
  }

  /** Four bytes, most significant first, and their XOR. */
  static address(value: number): number[] {
    const bytes = [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
    return [...bytes, bytes.reduce((xor, byte) => xor ^ byte, 0)];
  }

  /** Write Memory with the host's good manners; the answers of its three steps. */
  writeMemory(address: number, data: readonly number[]): number[] {
    const payload = [data.length - 1, ...data];
    return [
      ...this.type([0x31, 0xce]),
      ...this.type(RomBench.address(address)),
      ...this.type([...payload, payload.reduce((xor, byte) => xor ^ byte, 0)]),
    ];
  }

  readMemory(address: number, count: number): number[] {
    return [...this.type([0x11, 0xee]), ...this.type(RomBench.address(address)), ...this.type([count - 1, (count - 1) ^ 0xff], 50)];
  }

  go(address: number): number[] {
    return [...this.type([0x21, 0xde]), ...this.type(RomBench.address(address))];
  }

  peek(address: number, count: number): number[] {
    return Array.from({ length: count }, (_, at) => this.chip.read(address + at, 1));
  }
}
