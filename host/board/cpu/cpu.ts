/**
 * The Cortex-M7 of the virtual board: it runs the real machine code of loader, stub and application, one instruction per tick.
 *
 * Code is translated block by block into JavaScript (decode/ → translate/ → block-cache.ts) and run from here; memory.ts does the accesses that
 * translated code cannot, system/ holds exceptions and core registers. Not here: chip peripherals, interrupts, caches, the FPU.
 *
 * Time: `tick` is exact between blocks. Inside a block the time of an instruction is `tick` plus its index, and that is what the Bus is
 * told; so every access sees the same tick however `run` is sliced, although `run` itself may overshoot by one block.
 */
import type { Tick } from '../time.js';
import { BlockCache } from './block-cache.js';
import type { Bus, MemoryRegion } from './bus.js';
import { COMPUTE } from './compute.js';
import { createServices } from './core-services.js';
import { SLOT, SLOT_COUNT } from './core-state.js';
import { CFSR, CoreFault, EXCEPTION } from './faults.js';
import { InstructionFetch } from './instruction-fetch.js';
import { CoreMemory } from './memory.js';
import { describeCore } from './status.js';
import { createPrivatePeripherals } from './system/core-peripherals.js';
import { Exceptions } from './system/exceptions.js';
import type { PrivatePeripherals } from './system/private-peripherals.js';
import { SystemControl } from './system/system-control.js';

/** Why the core executes nothing, and the instruction at which it stopped. */
export interface Halt {
  readonly reason: 'wfi' | 'lockup' | 'breakpoint' | 'stopped';
  readonly pc: number;
}

/** A block that loops onto itself returns after so many instructions at the latest: its count is a small integer. */
const LONGEST_LOOP = 2 ** 30 - 1024;

export class Cpu {
  /** R0-R12, SP, LR, PC, and behind them the rest of the core's state (core-state.ts). PC is exact whenever code outside a block runs. */
  readonly r = new Int32Array(SLOT_COUNT);
  tick: Tick = 0;
  /** AIRCR.SYSRESETREQ was written. The storing instruction is the last of its block. */
  onResetRequest: () => void = () => undefined;

  readonly #control = new SystemControl(this.r);
  readonly #cache = new BlockCache();
  readonly #peripherals: PrivatePeripherals;
  readonly #mem: CoreMemory;
  readonly #exceptions: Exceptions;
  readonly #fetch: InstructionFetch;
  #halt: Halt | undefined = { reason: 'stopped', pc: 0 };
  #yieldRequested = false;

  constructor(options: { bus: Bus; regions: readonly MemoryRegion[] }) {
    const { r } = this;
    this.#peripherals = createPrivatePeripherals(r, this.#control, () => {
      r[SLOT.ATTENTION] = 1;
      this.onResetRequest();
    });
    const mem = new CoreMemory({ ...options, r, cache: this.#cache, control: this.#control, peripherals: this.#peripherals, clock: this });
    this.#mem = mem;
    this.#exceptions = new Exceptions(r, mem, this.#control);
    const core = createServices({ r, mem, control: this.#control, exceptions: this.#exceptions, halt: (reason, pc) => this.#stopFor(reason, pc) });
    const { r8, r16, r32, w8, w16, w32 } = mem;
    const runtime = { r, compute: COMPUTE, mem, core, r8, r16, r32, w8, w16, w32, mark: this.#cache.mark };
    this.#fetch = new InstructionFetch(mem, this.#cache, this.#control, runtime);
    this.resetCore();
  }

  get halted(): Halt | undefined {
    return this.#halt;
  }

  /**
   * Begins executing in privileged thread mode on the main stack, as after loading SP and PC from a vector table: bit 0 of `pc` is the
   * Thumb bit. R0-R12, LR, flags and masks stay as they are. Not from within a Bus callback.
   */
  start(sp: number, pc: number, tick: Tick): void {
    const { r } = this;
    this.#control.active.length = 0;
    r[SLOT.IPSR] = r[SLOT.CONTROL] = r[SLOT.IT] = r[SLOT.EXCLUSIVE] = 0;
    r[SLOT.SP] = sp & ~3;
    r[SLOT.PC] = pc & ~1;
    r[SLOT.T] = pc & 1;
    this.tick = tick;
    this.#halt = undefined;
  }

  /** Core registers and core peripherals to their reset values; R0-R12 have none. Memory and the time stay. */
  resetCore(): void {
    this.r.fill(0, SLOT.SP);
    this.r[SLOT.LR] = -1;
    this.r[SLOT.T] = 1;
    this.#control.reset();
    this.#peripherals.reset(this.tick);
  }

  /** SCB.VTOR. The board sets it after a reset: its reset value is the address that the core boots from. */
  set vectorTable(address: number) {
    this.#control.vtor = address;
  }

  /** Runs until `tick` is at least `untilTick`, by at most one block more; or to a halt, which lets the time pass; or to `yieldSoon`. */
  run(untilTick: Tick): void {
    this.#yieldRequested = false;
    while (this.tick < untilTick && !this.#yieldRequested) {
      if (this.#halt !== undefined) {
        this.tick = untilTick;
        return;
      }
      try {
        this.#execute(untilTick);
      } catch (error) {
        this.#takeThrown(error);
      }
    }
  }

  /** Takes the core out of execution, from within a Bus callback or from outside. */
  stop(): void {
    this.#stopFor('stopped', this.r[SLOT.PC]!);
  }

  /** Time passes before the next instruction. */
  stall(ticks: number): void {
    this.tick += Math.ceil(ticks);
    this.r[SLOT.ATTENTION] = 1;
  }

  /** `run` returns at the next block boundary. */
  yieldSoon(): void {
    this.#yieldRequested = true;
    this.r[SLOT.ATTENTION] = 1;
  }

  /** Somebody other than the core's own stores changed memory that may hold code. */
  invalidate(address: number, lengthBytes: number): void {
    this.#mem.codeChanged(address, lengthBytes);
  }

  /** The rights of a memory region changed; holds for the very next access. */
  regionsChanged(): void {
    if (this.#mem.regionsChanged()) this.r[SLOT.ATTENTION] = 1;
  }

  /** Registers and fault causes in one line, for messages. */
  status(): string {
    return describeCore(this.r, this.#control, this.tick);
  }

  #execute(untilTick: Tick): void {
    const { r } = this;
    const { dispatch } = this.#cache;
    r[SLOT.ATTENTION] = 0;
    this.#demandThumb();
    if (r[SLOT.IT] !== 0) {
      const ticks = this.#fetch.single(r[SLOT.PC]!)(0);
      this.tick += ticks; // not in one expression: `stall` changes the tick while the block runs
      return;
    }
    do {
      const pc = r[SLOT.PC]!;
      const block = dispatch[pc >>> 16]![(pc & 0xffff) >>> 1] ?? this.#fetch.block(pc);
      const limit = Math.min(untilTick - this.tick, LONGEST_LOOP) | 0;
      const ticks = block(limit);
      this.tick += ticks;
    } while (this.tick < untilTick && r[SLOT.ATTENTION] === 0);
  }

  /** EPSR.T = 0: the instruction at PC cannot be executed, whatever it is. */
  #demandThumb(): void {
    if (this.r[SLOT.T] !== 0) return;
    this.#mem.index = 0;
    this.#control.cfsr |= CFSR.INVSTATE;
    throw new CoreFault(EXCEPTION.usageFault);
  }

  /** A faulting instruction takes its tick like any other. Errors that are no fault of the core's leave it exact and go on up. */
  #takeThrown(error: unknown): void {
    const { index } = this.#mem;
    this.#mem.index = 0;
    this.tick += index;
    if (!(error instanceof CoreFault)) throw error;
    this.tick += 1;
    const pc = this.r[SLOT.PC]!;
    if (!this.#exceptions.take(error.exception, pc)) this.#stopFor('lockup', pc);
  }

  #stopFor(reason: Halt['reason'], pc: number): void {
    this.#halt = { reason, pc: pc >>> 0 };
    this.r[SLOT.ATTENTION] = 1;
  }
}
