/**
 * libunicorn 2.0.x as the oracle for single instructions, through koffi. Loaded where both are installed; never needed to run the board.
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
export const RIGHTS = { readWrite: 3, readExecute: 5 } as const;
/** Register numbers of unicorn 2.0.x: R0-R12, SP, LR, PC, XPSR. */
const REGISTERS = [66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 12, 10, 11, 120] as const;
export const XPSR_AT = 16;
/** A branch onto itself must end, too. */
export const LONGEST_RUN = 48;

/** What ended a run. `breakpoint` is the regular end: all of the oracle's code is fenced with BKPT. */
export type OracleEnd = 'breakpoint' | 'undefined' | 'memory' | 'other';

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
  readonly #control: (handle: unknown, control: number, ...typedValues: unknown[]) => number;
  readonly #ids = Int32Array.from(REGISTERS);
  readonly #slots: DataView;
  readonly #pointers: unknown;

  constructor(koffi: Koffi, library: LibraryHandle) {
    this.#koffi = koffi;
    const open = library.func('int uc_open(int arch, int mode, _Out_ void **handle)');
    this.#control = library.func('int uc_ctl(void *handle, uint32_t control, ...)');
    this.#emuStart = library.func('int uc_emu_start(void *handle, uint64_t begin, uint64_t until, uint64_t timeout, size_t count)');
    this.#readBatch = library.func('int uc_reg_read_batch(void *handle, int *ids, void *values, int count)');
    this.#writeBatch = library.func('int uc_reg_write_batch(void *handle, int *ids, void *values, int count)');
    this.#mapPointer = library.func('int uc_mem_map_ptr(void *handle, uint64_t address, size_t size, uint32_t permissions, void *memory)');
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

  /** Maps zeroed memory and returns it. `size` is a multiple of 4 KiB. */
  map(address: number, size: number, rights: (typeof RIGHTS)[keyof typeof RIGHTS]): Uint8Array {
    // Room to align by hand: uc_mem_map_ptr wants whole pages.
    const memory = this.#koffi.alloc('uint8_t', size + 4096);
    const base = this.#koffi.address(memory);
    const skip = Number((4096n - (base % 4096n)) % 4096n);
    check('uc_mem_map_ptr', this.#mapPointer(this.#handle, address, size, rights, base + BigInt(skip)));
    return new Uint8Array(this.#koffi.view(memory, size + 4096), skip, size).fill(0);
  }

  /** Code in shared memory changed, which unicorn cannot see. */
  forgetCode(start: number, end: number): void {
    check('uc_ctl', this.#control(this.#handle, CTL_REMOVE_CACHE, 'uint64_t', start, 'uint64_t', end));
  }

  /** Runs with `registers` from PC to the next BKPT or fault, and takes `registers` back. */
  run(): OracleEnd {
    this.registers.forEach((value, at) => this.#slots.setUint32(at * 8, value, true));
    check('uc_reg_write_batch', this.#writeBatch(this.#handle, this.#ids, this.#pointers, REGISTERS.length));
    const error = this.#emuStart(this.#handle, (this.registers[15]! | 1) >>> 0, 0xfffffffe, 0, LONGEST_RUN);
    check('uc_reg_read_batch', this.#readBatch(this.#handle, this.#ids, this.#pointers, REGISTERS.length));
    for (let at = 0; at < REGISTERS.length; at++) this.registers[at] = this.#slots.getUint32(at * 8, true);
    return endOf(error);
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
