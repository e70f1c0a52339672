/** A core as the chip around it drives it. The board has one, the engine of cpu.ts; tests put an oracle in its place. */
import type { Tick } from '../time.js';
import type { Bus, MemoryRegion } from './bus.js';

/** Why the core executes nothing, and the instruction at which it stopped. */
export interface Halt {
  readonly reason: 'wfi' | 'lockup' | 'breakpoint' | 'stopped';
  readonly pc: number;
}

export interface CoreSurroundings {
  readonly bus: Bus;
  readonly regions: readonly MemoryRegion[];
}

export type CreateCore = (surroundings: CoreSurroundings) => Core;

export interface Core {
  /** R0-R12, SP, LR, PC, and behind them the rest of the core's state (core-state.ts). PC is exact whenever code outside a block runs. */
  readonly r: Int32Array;
  /** The core's time; while it runs, that of the running block's beginning. */
  readonly tick: Tick;
  readonly halted: Halt | undefined;
  /** AIRCR.SYSRESETREQ was written. The storing instruction is the last of its block. */
  onResetRequest: () => void;
  /** SCB.VTOR. The board sets it after a reset: its reset value is the address that the core boots from. */
  set vectorTable(address: number);

  /**
   * Begins executing in privileged thread mode on the main stack, as after loading SP and PC from a vector table: bit 0 of `pc` is the
   * Thumb bit. R0-R12, LR, flags and masks stay as they are. Not from within a Bus callback.
   */
  start(sp: number, pc: number, tick: Tick): void;
  /** Core registers and core peripherals to their reset values; R0-R12 have none. Memory and the time stay. */
  resetCore(): void;
  /** Runs until `tick` is at least `untilTick`, by at most one block more; or to a halt, which lets the time pass; or to `yieldSoon`. */
  run(untilTick: Tick): void;
  /** Takes the core out of execution, from within a Bus callback or from outside. */
  stop(): void;
  /** Time passes before the next instruction. */
  stall(ticks: number): void;
  /** `run` returns at the next block boundary. */
  yieldSoon(): void;
  /** Somebody other than the core's own stores changed memory that may hold code. */
  invalidate(address: number, lengthBytes: number): void;
  /** The rights of a memory region changed; holds for the very next access. */
  regionsChanged(): void;
  /** Registers and fault causes in one line, for messages. */
  status(): string;
}
