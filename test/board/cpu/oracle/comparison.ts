/** Code from one state on both engines: where it ends, with which registers, and whether memory agrees. */
import type { MemoryRegion } from '../../../../host/board/cpu/bus.js';
import { BusFault } from '../../../../host/board/cpu/bus.js';
import { packXpsr, unpackXpsr } from '../../../../host/board/cpu/core-state.js';
import { Cpu } from '../../../../host/board/cpu/cpu.js';
import { CFSR } from '../../../../host/board/cpu/faults.js';
import { halfwords, words } from '../bare-core.js';
import { CODE_BASE, CODE_BYTES, DATA_BASE, DATA_BYTES, SMALL_BASE, SMALL_BYTES } from './random-instruction.js';
import type { OracleEnd, Unicorn } from './unicorn.js';
import { LONGEST_RUN, RIGHTS, XPSR_AT } from './unicorn.js';

export interface Outcome {
  readonly end: OracleEnd;
  /** R0-R12, SP, LR, PC, XPSR; after a fault as they were at the faulting instruction. */
  readonly registers: Uint32Array;
  /** CFSR; the oracle has none. */
  readonly cfsr: number;
}

/** Room for a sequence and the fence behind it, in the middle of the code. */
const SLOT_BYTES = 128;
const SLOT = CODE_BASE + CODE_BYTES / 4;
const BKPT = 0xbe00;
/** The engine's vectors and fault handler, beyond the reach of branches and of likely pointers. */
const VECTORS = 0x15a50000;
const HANDLER = VECTORS + 0x100;
/** Where the oracle keeps `msr apsr_g, r0`. */
const SET_GE = 0x15b50000;
const GE_MASK = 0x000f0000;

export class Comparison {
  readonly #cpu: Cpu;
  readonly #oracle: Unicorn;
  readonly #code: readonly Uint8Array[];
  readonly #ours: readonly Uint8Array[];
  readonly #theirs: readonly Uint8Array[];

  constructor(oracle: Unicorn) {
    const plain = (name: string, base: number, size: number, writable: boolean, executable: boolean): MemoryRegion => ({ name, base, bytes: new Uint8Array(size), readable: true, writable, executable });
    const vectors = plain('vectors', VECTORS, 4096, false, true);
    const code = plain('code', CODE_BASE, CODE_BYTES, false, true);
    const data = plain('data', DATA_BASE, DATA_BYTES, true, false);
    const small = plain('small', SMALL_BASE, SMALL_BYTES, true, false);
    for (let at = 0; at < CODE_BYTES; at += 2) code.bytes.set(halfwords(BKPT), at);
    for (let vector = 2; vector < 16; vector++) vectors.bytes.set(words(HANDLER | 1), vector * 4);
    // ldr r1, =CFSR; ldr r0, [r1]; str r0, [r1]; bkpt
    vectors.bytes.set([...halfwords(0x4901, 0x6808, 0x6008, BKPT), ...words(0xe000ed28)], HANDLER - VECTORS);
    const nothing = (address: number): never => {
      throw new BusFault(address, 'nothing there');
    };
    this.#cpu = new Cpu({ bus: { read: nothing, write: nothing }, regions: [vectors, code, data, small] });
    this.#oracle = oracle;
    const oracleCode = oracle.map(CODE_BASE, new Uint8Array(CODE_BYTES), RIGHTS.readExecute);
    oracleCode.set(code.bytes);
    oracle.map(SET_GE, new Uint8Array(4096), RIGHTS.readExecute).set(halfwords(0xf380, 0x8400, BKPT));
    this.#code = [code.bytes, oracleCode];
    this.#setVectors();
    this.#ours = [data.bytes, small.bytes];
    this.#theirs = [oracle.map(DATA_BASE, new Uint8Array(DATA_BYTES), RIGHTS.readWrite), oracle.map(SMALL_BASE, new Uint8Array(SMALL_BYTES), RIGHTS.readWrite)];
  }

  /** str r0, [r1]; bkpt: VTOR = VECTORS. */
  #setVectors(): void {
    const cpu = this.#cpu;
    this.#code[0]!.set(halfwords(0x6008, BKPT), SLOT - CODE_BASE);
    cpu.start(0, SLOT | 1, 0);
    cpu.r.set([VECTORS, 0xe000ed08]);
    cpu.run(LONGEST_RUN);
  }

  /** The same bytes in both engines' data memories. */
  fillMemory(fill: (bytes: Uint8Array) => void): void {
    this.#ours.forEach((bytes, at) => {
      fill(bytes);
      this.#theirs[at]?.set(bytes);
    });
  }

  /** Puts code where the last was, fenced by BKPT on both sides. @returns its address. */
  place(code: readonly number[]): number {
    const fence = new Array<number>(SLOT_BYTES / 2 - code.length).fill(BKPT);
    const bytes = halfwords(...code, ...fence);
    for (const memory of this.#code) memory.set(bytes, SLOT - CODE_BASE);
    this.#cpu.invalidate(SLOT, SLOT_BYTES);
    this.#oracle.forgetCode(SLOT, SLOT + SLOT_BYTES);
    return SLOT;
  }

  /** @param state R0-R12, SP, LR, PC, XPSR; left as it is. */
  run(state: Uint32Array): { readonly ours: Outcome; readonly theirs: Outcome } {
    const ours = this.#runOurs(state);
    this.#setGe(state[XPSR_AT]!);
    this.#oracle.registers.set(state);
    const end = this.#oracle.run();
    const registers = this.#oracle.registers.slice();
    // XN space and lost Thumb bits end like BKPT does, but elsewhere.
    const isFence = registers[15]! >= CODE_BASE && registers[15]! < CODE_BASE + CODE_BYTES;
    return { ours, theirs: { end: end === 'breakpoint' && !isFence ? 'other' : end, registers, cfsr: 0 } };
  }

  /** Are both engines' memories equal? Afterwards they are: the oracle's prevails, and with it what a fault's stacking wrote is gone. */
  settleMemory(): boolean {
    let equal = true;
    this.#ours.forEach((bytes, at) => {
      const other = this.#theirs[at]!;
      if (Buffer.compare(bytes, other) === 0) return;
      equal = false;
      bytes.set(other);
    });
    return equal;
  }

  /** Writing XPSR from outside leaves GE alone in unicorn 2.0.1; MSR APSR_g does not. */
  #setGe(xpsr: number): void {
    const { registers } = this.#oracle;
    if (((registers[XPSR_AT]! ^ xpsr) & GE_MASK) === 0) return;
    registers[0] = xpsr;
    registers[15] = SET_GE;
    registers[XPSR_AT] = 0x01000000;
    this.#oracle.run();
  }

  #runOurs(state: Uint32Array): Outcome {
    const cpu = this.#cpu;
    cpu.start(state[13]!, state[15]! | 1, 0);
    for (let at = 0; at < 15; at++) cpu.r[at] = state[at]!;
    unpackXpsr(cpu.r, state[XPSR_AT]!);
    cpu.run(LONGEST_RUN + 16);
    const registers = Uint32Array.from(cpu.r.subarray(0, 17));
    registers[XPSR_AT] = packXpsr(cpu.r);
    if (cpu.halted === undefined) return { end: 'other', registers, cfsr: 0 };
    const isFault = (cpu.halted.pc & ~0xfff) === VECTORS || cpu.halted.reason === 'lockup';
    if (!isFault) return { end: 'breakpoint', registers, cfsr: 0 };
    const cfsr = registers[0]!;
    if ((cfsr & CFSR.STKERR) === 0) this.#unwind(registers);
    return { end: faultOf(cfsr), registers, cfsr };
  }

  /** Back to the state that exception entry stacked, read from the data memories. */
  #unwind(registers: Uint32Array): void {
    const frame = registers[13]!;
    const memory = frame < SMALL_BASE ? this.#ours[0]! : this.#ours[1]!;
    const view = new DataView(memory.buffer, (frame - (frame < SMALL_BASE ? DATA_BASE : SMALL_BASE)) >>> 0, 32);
    [0, 1, 2, 3, 12, 14, 15, XPSR_AT].forEach((register, at) => (registers[register] = view.getUint32(at * 4, true)));
    registers[13] = frame + 32 + ((registers[XPSR_AT]! & 0x200) === 0 ? 0 : 4);
  }
}

function faultOf(cfsr: number): OracleEnd {
  const isUndefined = (cfsr & (CFSR.UNDEFINSTR | CFSR.NOCP | CFSR.INVSTATE)) !== 0;
  return isUndefined ? 'undefined' : 'memory';
}
