/**
 * libunicorn 2.0.x through koffi: the oracle for single instructions and for whole sessions. Loaded where both are installed; never needed
 * to run the board.
 *
 * Memory is shared with JavaScript, and registers go through one call each way, so that a case costs a few microseconds.
 */
import type { LibraryHandle } from 'koffi';

type Koffi = typeof import('koffi');

const ARCH_ARM = 1;
const MODE_THUMB_MCLASS = 48;
/** uc_ctl(UC_CTL_CPU_MODEL, write one argument) and UC_CPU_ARM_CORTEX_M7. */
const CTL_CPU_MODEL = (7 | (1 << 26) | (1 << 30)) >>> 0;
const CORTEX_M7 = 10;
/** uc_ctl(UC_CTL_TB_REMOVE_CACHE, write two arguments). */
const CTL_REMOVE_CACHE = (9 | (2 << 26) | (1 << 30)) >>> 0;
const HOOK_CODE = 1 << 2;
const HOOK_BLOCK = 1 << 3;
export const RIGHTS = { readWrite: 3, readExecute: 5, all: 7 } as const;
/** Register numbers of unicorn 2.0.x: R0-R12, SP, LR, PC, XPSR. */
const REGISTERS = [66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 12, 10, 11, 120] as const;
export const XPSR_AT = 16;
/** A branch onto itself must end, too. */
export const LONGEST_RUN = 48;

/** What ended a run. `breakpoint` is the regular end: all of the oracle's code is fenced with BKPT. */
export type OracleEnd = 'breakpoint' | 'undefined' | 'memory' | 'other';

/** What answers where no memory is mapped. */
export interface Device {
  read(address: number, size: number): number;
  write(address: number, size: number, value: number): void;
}

function endOf(error: number): OracleEnd {
  if (error === 21) return 'breakpoint';
  if (error === 10) return 'undefined';
  return (error >= 6 && error <= 8) || (error >= 11 && error <= 20) ? 'memory' : 'other';
}

export class Unicorn {
  /** R0-R12, SP, LR, PC, XPSR, as they go in and come out. */
  readonly registers = new Uint32Array(REGISTERS.length);
  readonly #koffi: Koffi;
  readonly #handle: unknown;
  readonly #emuStart: (handle: unknown, begin: number, until: number, timeout: number, count: number) => number;
  readonly #readBatch: (handle: unknown, ids: Int32Array, values: unknown, count: number) => number;
  readonly #writeBatch: (handle: unknown, ids: Int32Array, values: unknown, count: number) => number;
  readonly #mapPointer: (handle: unknown, address: number, size: number, permissions: number, memory: unknown) => number;
  readonly #mapDevice: (handle: unknown, address: number, size: number, read: bigint, readUser: null, write: bigint, writeUser: null) => number;
  readonly #addHook: (handle: unknown, hook: [unknown], type: number, callback: bigint, user: null, begin: number, end: number) => number;
  readonly #emuStop: (handle: unknown) => number;
  readonly #close: (handle: unknown) => number;
  readonly #control: (handle: unknown, control: number, ...typedValues: unknown[]) => number;
  readonly #ids = Int32Array.from(REGISTERS);
  readonly #slots: DataView;
  readonly #pointers: unknown;
  /** What unicorn calls, and the memory that it uses, for as long as it lives. */
  readonly #callbacks: bigint[] = [];
  readonly #shared: Uint8Array[] = [];

  constructor(koffi: Koffi, library: LibraryHandle) {
    this.#koffi = koffi;
    const open = library.func('int uc_open(int arch, int mode, _Out_ void **handle)');
    this.#control = library.func('int uc_ctl(void *handle, uint32_t control, ...)');
    this.#emuStart = library.func('int uc_emu_start(void *handle, uint64_t begin, uint64_t until, uint64_t timeout, size_t count)');
    this.#readBatch = library.func('int uc_reg_read_batch(void *handle, int *ids, void *values, int count)');
    this.#writeBatch = library.func('int uc_reg_write_batch(void *handle, int *ids, void *values, int count)');
    this.#mapPointer = library.func('int uc_mem_map_ptr(void *handle, uint64_t address, size_t size, uint32_t permissions, void *memory)');
    this.#mapDevice = library.func('int uc_mmio_map(void *handle, uint64_t address, size_t size, void *read, void *readUser, void *write, void *writeUser)');
    this.#addHook = library.func('int uc_hook_add(void *handle, _Out_ void **hook, int type, void *callback, void *user, uint64_t begin, uint64_t end, ...)');
    this.#emuStop = library.func('int uc_emu_stop(void *handle)');
    this.#close = library.func('int uc_close(void *handle)');
    const opened: [unknown] = [null];
    check('uc_open', open(ARCH_ARM, MODE_THUMB_MCLASS, opened));
    this.#handle = opened[0];
    check('uc_ctl', this.#control(this.#handle, CTL_CPU_MODEL, 'int', CORTEX_M7));
    const slots = koffi.alloc('uint64_t', REGISTERS.length);
    this.#slots = new DataView(koffi.view(slots, REGISTERS.length * 8));
    this.#pointers = koffi.alloc('void *', REGISTERS.length);
    const pointers = new BigUint64Array(koffi.view(this.#pointers, REGISTERS.length * 8));
    REGISTERS.forEach((_id, at) => (pointers[at] = koffi.address(slots) + BigInt(at * 8)));
  }

  /** Maps memory of JavaScript's and returns it. `address` and length are multiples of 4 KiB. */
  map(address: number, bytes: Uint8Array, rights: (typeof RIGHTS)[keyof typeof RIGHTS]): Uint8Array {
    this.#shared.push(bytes);
    check('uc_mem_map_ptr', this.#mapPointer(this.#handle, address, bytes.length, rights, bytes));
    return bytes;
  }

  /** `address` and `size` are multiples of 4 KiB. The device must not throw: what it throws would not end the run. */
  attach(address: number, size: number, device: Device): void {
    const read = this.#callback('uint64_t', ['void *', 'uint64_t', 'unsigned int', 'void *'], (_handle: unknown, offset: number, width: number) => device.read(address + offset, width));
    const write = this.#callback('void', ['void *', 'uint64_t', 'unsigned int', 'uint64_t', 'void *'], (_handle: unknown, offset: number, width: number, value: number) => device.write(address + offset, width, value));
    check('uc_mmio_map', this.#mapDevice(this.#handle, address, size, read, null, write, null));
  }

  /** `callback` comes before every block of instructions that unicorn has translated in one piece. */
  beforeEachBlock(callback: (address: number, lengthBytes: number) => void): void {
    const hook = this.#callback('void', ['void *', 'uint64_t', 'uint32_t', 'void *'], (_handle: unknown, address: number, lengthBytes: number) => callback(address, lengthBytes));
    this.#hook(HOOK_BLOCK, hook, 1, 0);
  }

  /** `callback` comes before the instructions at these addresses, unless an IT block skips them. To be called before anything runs. */
  beforeInstructionsAt(addresses: Iterable<number>, callback: (address: number) => void): void {
    const hook = this.#callback('void', ['void *', 'uint64_t', 'uint32_t', 'void *'], (_handle: unknown, address: number) => callback(address));
    for (const address of addresses) this.#hook(HOOK_CODE, hook, address, address);
  }

  close(): void {
    check('uc_close', this.#close(this.#handle));
    for (const callback of this.#callbacks) this.#koffi.unregister(callback);
  }

  /** Code in shared memory changed, which unicorn cannot see. */
  forgetCode(start: number, end: number): void {
    check('uc_ctl', this.#control(this.#handle, CTL_REMOVE_CACHE, 'uint64_t', start, 'uint64_t', end));
  }

  /** Runs with `registers` from PC to the next BKPT or fault, and takes `registers` back. */
  run(): OracleEnd {
    return endOf(this.#run(LONGEST_RUN));
  }

  /** Runs with `registers` from PC until `stop`, and takes `registers` back. @throws Error when anything else ends the run. */
  runUntilStopped(): void {
    check('uc_emu_start', this.#run(0));
  }

  /** To be called before an instruction that no IT block holds; inside a device access it would repeat the access. */
  stop(): void {
    check('uc_emu_stop', this.#emuStop(this.#handle));
  }

  #hook(type: number, callback: bigint, first: number, last: number): void {
    check('uc_hook_add', this.#addHook(this.#handle, [null], type, callback, null, first, last));
  }

  #callback(result: string, parameters: string[], callback: (...values: never[]) => unknown): bigint {
    const { proto, pointer, register } = this.#koffi;
    const registered = register(callback, pointer(proto(result, parameters)));
    this.#callbacks.push(registered);
    return registered;
  }

  #run(count: number): number {
    this.registers.forEach((value, at) => this.#slots.setUint32(at * 8, value, true));
    check('uc_reg_write_batch', this.#writeBatch(this.#handle, this.#ids, this.#pointers, REGISTERS.length));
    const error = this.#emuStart(this.#handle, (this.registers[15]! | 1) >>> 0, 0xfffffffe, 0, count);
    check('uc_reg_read_batch', this.#readBatch(this.#handle, this.#ids, this.#pointers, REGISTERS.length));
    for (let at = 0; at < REGISTERS.length; at++) this.registers[at] = this.#slots.getUint32(at * 8, true);
    return error;
  }
}

function check(call: string, error: number): void {
  if (error !== 0) throw new Error(`${call} failed with ${error}`);
}

/** The oracle, or why there is none. */
export async function openUnicorn(): Promise<Unicorn | string> {
  let koffi: Koffi;
  try {
    koffi = (await import('koffi')).default as unknown as Koffi;
  } catch {
    return 'koffi is not installed';
  }
  for (const name of ['libunicorn.so.2', 'libunicorn.2.dylib', 'unicorn.dll']) {
    let library: LibraryHandle;
    try {
      library = koffi.load(name);
    } catch {
      continue;
    }
    return new Unicorn(koffi, library);
  }
  return 'libunicorn is not installed';
}

/** May a test that needs the oracle be skipped? Says why; where CI could have it, it may not. */
export function mayDoWithout(oracle: Unicorn | string, test: string): boolean {
  const isDemanded = process.env['CI'] === 'true' && process.platform === 'linux';
  if (typeof oracle !== 'string' || isDemanded) return false;
  console.warn(`${test} skipped: ${oracle}`);
  return true;
}
