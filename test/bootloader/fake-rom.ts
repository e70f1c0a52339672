/**
 * A ROM bootloader for tests, byte by byte as AN3155 has it, with the misbehaviour that a test asks for. Written apart from
 * host/board/rom: the two must not share a mistake.
 */
import type { ScriptedLink } from '../link/scripted-link.js';

export interface FakeRomOptions {
  /** 'fresh' waits for its first 0x7F; 'listening' is in step; a number is in the middle of a frame that lacks so many bytes. */
  readonly state?: 'fresh' | 'listening' | number;
  /** Does not answer the first 0x7F (PB15 on revision V). */
  readonly wantsTwo?: boolean;
  /** Bootloader V9.0. */
  readonly acknowledgesGo?: boolean;
  readonly deviceId?: number;
  /** Erases and programs so slowly, or at once. */
  readonly eraseMs?: number;
  /** Returns true for every byte from the host that gets lost on the serial line. */
  readonly loses?: (index: number) => boolean;
  /** Returns true for every answer that gets lost. */
  readonly losesAnswer?: (index: number) => boolean;
  /** Bytes around an answer: heartbeats, prefixes. */
  readonly wraps?: (answer: number[]) => number[];
}

const ACK = 0x79;
const NACK = 0x1f;
const FLASH = 0x0800_0000;

export class FakeRom {
  readonly memory = new Map<number, number>();
  readonly erased: number[] = [];
  /** Every command that was obeyed, in order, e.g. `write 0x20004100 256`. */
  readonly obeyed: string[] = [];
  jumpedTo: number | undefined;
  #received = 0;
  #answers = 0;
  #atMs = 0;
  readonly #link: ScriptedLink;
  readonly #options: FakeRomOptions;
  readonly #program: Generator<undefined, void, number>;

  constructor(link: ScriptedLink, options: FakeRomOptions = {}) {
    this.#link = link;
    this.#options = options;
    this.#program = this.#run();
    this.#program.next();
    link.farEnd = (bytes, atMs) => {
      for (const byte of bytes) this.#hear(byte, atMs);
    };
  }

  bytes(address: number, length: number): number[] {
    return Array.from({ length }, (_, index) => this.memory.get(address + index) ?? 0xff);
  }

  #hear(byte: number, atMs: number): void {
    if (this.#options.loses?.(this.#received++)) return;
    this.#atMs = Math.max(this.#atMs, atMs);
    this.#program.next(byte);
  }

  #say(...answer: number[]): void {
    if (this.#options.losesAnswer?.(this.#answers++)) return;
    this.#link.answer(this.#options.wraps?.(answer) ?? answer, this.#atMs);
  }

  *#run(): Generator<undefined, void, number> {
    const { state = 'fresh', wantsTwo = false } = this.#options;
    if (state === 'fresh') {
      if (wantsTwo) yield;
      yield;
      this.#say(ACK);
    } else if (typeof state === 'number') {
      for (let missing = state; missing > 0; missing--) yield;
      this.#say(NACK);
    }
    while (this.jumpedTo === undefined) yield* this.#command();
  }

  *#command(): Generator<undefined, void, number> {
    const code = yield;
    const complement = yield;
    const commands: Readonly<Record<number, () => Generator<undefined, void, number>>> = {
      0x00: () => this.#get(),
      0x02: () => this.#getId(),
      0x11: () => this.#read(),
      0x21: () => this.#go(),
      0x31: () => this.#write(),
      0x44: () => this.#erase(),
    };
    const serve = commands[code];
    if (serve && (code ^ complement) === 0xff) yield* serve();
    else this.#say(NACK);
  }

  *#get(): Generator<undefined, void, number> {
    this.#say(ACK, 13, 0x31, 0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92, ACK);
  }

  *#getId(): Generator<undefined, void, number> {
    const { deviceId = 0x450 } = this.#options;
    this.#say(ACK, 1, deviceId >> 8, deviceId & 0xff, ACK);
  }

  *#checked(count: number, seed = 0): Generator<undefined, number[] | undefined, number> {
    const bytes: number[] = [];
    for (let at = 0; at < count; at++) bytes.push(yield);
    const checksum = yield;
    return bytes.reduce((xor, byte) => xor ^ byte, seed) === checksum ? bytes : undefined;
  }

  *#address(): Generator<undefined, number | undefined, number> {
    const bytes = yield* this.#checked(4);
    const address = bytes && Buffer.from(bytes).readUInt32BE();
    const isValid = address !== undefined && ((address >= 0x2000_4100 && address < 0x2002_0000) || (address >= FLASH && address < 0x0820_0000) || address === 0x1ff1_e7fe);
    this.#say(isValid ? ACK : NACK);
    return isValid ? address : undefined;
  }

  *#read(): Generator<undefined, void, number> {
    this.#say(ACK);
    const address = yield* this.#address();
    if (address === undefined) return;
    const last = yield;
    const complement = yield;
    if ((last ^ complement) !== 0xff) return this.#say(NACK);
    this.obeyed.push(`read 0x${address.toString(16)} ${last + 1}`);
    this.#say(ACK, ...this.bytes(address, last + 1));
  }

  *#write(): Generator<undefined, void, number> {
    this.#say(ACK);
    const address = yield* this.#address();
    if (address === undefined) return;
    const last = yield;
    const bytes = yield* this.#checked(last + 1, last);
    if (bytes === undefined || bytes.length % 4 !== 0) return this.#say(NACK);
    this.obeyed.push(`write 0x${address.toString(16)} ${bytes.length}`);
    for (const [index, byte] of bytes.entries()) {
      if (address >= FLASH && address < 0x0820_0000 && this.memory.has(address + index)) throw new Error(`0x${(address + index).toString(16)} is written twice`);
      this.memory.set(address + index, byte);
    }
    this.#say(ACK);
  }

  *#erase(): Generator<undefined, void, number> {
    this.#say(ACK);
    const [high, low] = [yield, yield];
    const list = yield* this.#checked(2 * ((high << 8) + low + 1), high ^ low);
    if (list === undefined) return this.#say(NACK);
    for (let at = 0; at < list.length; at += 2) {
      const sector = ((list[at] ?? 0) << 8) | (list[at + 1] ?? 0);
      this.erased.push(sector);
      for (const address of [...this.memory.keys()]) if (Math.floor((address - FLASH) / 0x2_0000) === sector) this.memory.delete(address);
    }
    this.obeyed.push(`erase ${this.erased.slice(-list.length / 2).join(',')}`);
    this.#atMs += (this.#options.eraseMs ?? 0) * (list.length / 2);
    this.#say(ACK);
  }

  *#go(): Generator<undefined, void, number> {
    if (this.#options.acknowledgesGo !== false) this.#say(ACK);
    const address = yield* this.#address();
    if (address === undefined) return;
    this.obeyed.push(`go 0x${address.toString(16)}`);
    this.jumpedTo = address;
  }
}
