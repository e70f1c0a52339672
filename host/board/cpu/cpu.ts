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
import type { Bus } from './bus.js';
import { COMPUTE } from './compute.js';
import type { Core, CoreSurroundings, Halt } from './core.js';
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

export interface CpuOptions extends CoreSurroundings {
  /** What accesses to core registers pass through, for whoever wants to see them. @default nothing */
  readonly watchCoreRegisters?: (registers: Bus) => Bus;
}

/** A block that loops onto itself returns after so many instructions at the latest: its count is a small integer. */
const LONGEST_LOOP = 2 ** 30 - 1024;

export class Cpu implements Core {
  readonly r = new Int32Array(SLOT_COUNT);
  tick: Tick = 0;
  onResetRequest: () => void = () => undefined;

  readonly #control = new SystemControl(this.r);
  readonly #cache = new BlockCache();
  readonly #peripherals: PrivatePeripherals;
  readonly #mem: CoreMemory;
  readonly #exceptions: Exceptions;
  readonly #fetch: InstructionFetch;
  #halt: Halt | undefined = { reason: 'stopped', pc: 0 };
  #yieldRequested = false;

  constructor({ bus, regions, watchCoreRegisters = (registers) => registers }: CpuOptions) {
    const { r } = this;
    this.#peripherals = createPrivatePeripherals(r, this.#control, () => {
      r[SLOT.ATTENTION] = 1;
      this.onResetRequest();
    });
    const peripherals = watchCoreRegisters(this.#peripherals);
    const mem = new CoreMemory({ bus, regions, r, cache: this.#cache, control: this.#control, peripherals, clock: this });
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

  resetCore(): void {
    this.r.fill(0, SLOT.SP);
    this.r[SLOT.LR] = -1;
    this.r[SLOT.T] = 1;
    this.#control.reset();
    this.#peripherals.reset(this.tick);
  }

  set vectorTable(address: number) {
    this.#control.vtor = address;
  }

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

  stop(): void {
    this.#stopFor('stopped', this.r[SLOT.PC]!);
  }

  stall(ticks: number): void {
    this.tick += Math.ceil(ticks);
    this.r[SLOT.ATTENTION] = 1;
  }

  yieldSoon(): void {
    this.#yieldRequested = true;
    this.r[SLOT.ATTENTION] = 1;
  }

  invalidate(address: number, lengthBytes: number): void {
    this.#mem.codeChanged(address, lengthBytes);
  }

  regionsChanged(): void {
    if (this.#mem.regionsChanged()) this.r[SLOT.ATTENTION] = 1;
  }

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
      if (r[SLOT.SP]! < r[SLOT.STACK_LIMIT]!) this.yieldSoon();
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
