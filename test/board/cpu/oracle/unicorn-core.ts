/**
 * libunicorn as the core of a chip, following a transcript: each slice of time ends where the engine's ended, and everything that it does
 * must be what the engine did. Time is counted as the engine counts it: one tick for each instruction, whether its condition holds or
 * not, and what accesses add.
 *
 * The core's own registers are the engine's classes, since unicorn has none. It takes no exceptions; a fault ends the run.
 */
import type { AccessSize, Bus } from '../../../../host/board/cpu/bus.js';
import type { Core, CoreSurroundings, Halt } from '../../../../host/board/cpu/core.js';
import { SLOT, SLOT_COUNT, unpackXpsr } from '../../../../host/board/cpu/core-state.js';
import { describeCore } from '../../../../host/board/cpu/status.js';
import { createPrivatePeripherals } from '../../../../host/board/cpu/system/core-peripherals.js';
import { isPrivateAddress, type PrivatePeripherals } from '../../../../host/board/cpu/system/private-peripherals.js';
import { SystemControl } from '../../../../host/board/cpu/system/system-control.js';
import type { Tick } from '../../../../host/board/time.js';
import { BlockClock } from './block-clock.js';
import { guardedMemory } from './guarded-memory.js';
import { registersOf } from './recorded-engine.js';
import { watched, type Access, type TranscriptReader } from './transcript.js';
import { RIGHTS, XPSR_AT, type Unicorn } from './unicorn.js';

const ADDRESS_SPACE_BYTES = 2 ** 32;

export class UnicornCore implements Core {
  readonly r = new Int32Array(SLOT_COUNT);
  onResetRequest: () => void = () => undefined;

  readonly #control = new SystemControl(this.r);
  readonly #peripherals: PrivatePeripherals;
  readonly #unicorn: Unicorn;
  readonly #transcript: TranscriptReader;
  readonly #clock: BlockClock;
  /** The instructions that may do accesses. */
  readonly #accessing: ReadonlySet<number>;
  /** The one of them that is being executed. */
  #pc: number | undefined;
  #halt: Halt | undefined = { reason: 'stopped', pc: 0 };
  #endTick: Tick = 0;
  /** What went wrong in a callback, where the run cannot be ended. */
  #failure: unknown;

  constructor(unicorn: Unicorn, { bus, regions }: CoreSurroundings, transcript: TranscriptReader) {
    this.#unicorn = unicorn;
    this.#transcript = transcript;
    this.#clock = new BlockClock(regions);
    this.#peripherals = createPrivatePeripherals(this.r, this.#control, () => this.onResetRequest());
    const pc = (): number => this.#accessingPc();
    const onAccess = (access: Access): void => transcript.checkAccess(access);
    const chip = watched(bus, pc, onAccess);
    const own = watched(this.#peripherals, pc, onAccess);
    const elsewhere: Bus = {
      read: (address, size, tick) => (isPrivateAddress(address) ? own : chip).read(address, size, tick),
      write: (address, size, value, tick) => (isPrivateAddress(address) ? own : chip).write(address, size, value, tick),
    };
    let end = 0;
    for (const region of [...regions].sort((one, other) => one.base - other.base)) {
      this.#attach(end, region.base, elsewhere);
      end = region.base + region.bytes.length;
      if (region.readable && region.writable) unicorn.map(region.base, region.bytes, RIGHTS.all);
      else this.#attach(region.base, end, guardedMemory(region, chip));
    }
    this.#attach(end, ADDRESS_SPACE_BYTES, elsewhere);
    unicorn.beforeEachBlock((address, lengthBytes) => this.#beforeBlock(address, lengthBytes));
    this.#accessing = transcript.transcript.accessing();
    const watchedFor = new Set([...this.#accessing, ...transcript.transcript.stopping()]);
    unicorn.beforeInstructionsAt(watchedFor, (address) => this.#beforeInstruction(address));
    this.resetCore();
  }

  get tick(): Tick {
    return this.#clock.tick;
  }

  get halted(): Halt | undefined {
    return this.#halt;
  }

  set vectorTable(address: number) {
    this.#control.vtor = address;
  }

  start(sp: number, pc: number, tick: Tick): void {
    this.r[SLOT.SP] = sp & ~3;
    this.r[SLOT.PC] = pc & ~1;
    this.r[SLOT.T] = pc & 1;
    this.#unicorn.registers.set(registersOf(this.r));
    this.#clock.set(tick);
    this.#halt = undefined;
  }

  resetCore(): void {
    this.r.fill(0, SLOT.SP);
    this.r[SLOT.LR] = -1;
    this.r[SLOT.T] = 1;
    this.#control.reset();
    this.#peripherals.reset(this.tick);
  }

  run(untilTick: Tick): void {
    this.#endTick = this.#transcript.endOfSlice(untilTick);
    if (this.#halt !== undefined) this.#clock.set(untilTick);
    else if (this.tick < this.#endTick) this.#execute();
    this.#transcript.checkSlice({ endTick: this.tick, registers: registersOf(this.r) });
  }

  stop(): void {
    this.#halt = { reason: 'stopped', pc: this.r[SLOT.PC]! >>> 0 };
  }

  stall(ticks: number): void {
    this.#clock.stall(Math.ceil(ticks));
  }

  /** The transcript knows where the slice ends. */
  yieldSoon(): void {}

  /** Only the core itself writes code while it runs, and unicorn sees that. */
  invalidate(): void {}

  /** Guarded memory looks at its rights in each access. */
  regionsChanged(): void {}

  status(): string {
    return describeCore(this.r, this.#control, this.tick);
  }

  #execute(): void {
    const { registers } = this.#unicorn;
    this.#unicorn.runUntilStopped();
    if (this.#failure !== undefined) throw this.#failure;
    this.#clock.set(this.tick);
    this.r.set(registers.subarray(0, SLOT.PC + 1));
    unpackXpsr(this.r, registers[XPSR_AT]!);
  }

  #beforeBlock(address: number, lengthBytes: number): void {
    this.#clock.enterBlock(address, lengthBytes);
    this.#pc = undefined;
    if (this.tick > this.#endTick) this.#failure ??= new Error(`the end of the slice at tick ${this.#endTick} was passed over, ${this.tick} at pc 0x${address.toString(16)}`);
    if (this.#failure !== undefined) this.#unicorn.stop();
  }

  #beforeInstruction(address: number): void {
    this.#clock.reach(address);
    this.#pc = this.#accessing.has(address) ? address : undefined;
    if (this.tick >= this.#endTick || this.#failure !== undefined) this.#unicorn.stop();
  }

  #accessingPc(): number {
    if (this.#pc === undefined) throw new Error(`access ${this.#transcript.accessCount} is by an instruction that did none in the transcript, soon after tick ${this.tick}`);
    return this.#pc;
  }

  #attach(base: number, end: number, bus: Bus): void {
    if (end > base) this.#unicorn.attach(base, end - base, {
      read: (address, size) => this.#keepFailure(() => bus.read(address, size as AccessSize, this.tick)) ?? 0,
      write: (address, size, value) => this.#keepFailure(() => bus.write(address, size as AccessSize, value, this.tick)),
    });
  }

  #keepFailure<Result>(access: () => Result): Result | undefined {
    if (this.#failure !== undefined) return undefined;
    try {
      return access();
    } catch (error) {
      this.#failure = error;
      return undefined;
    }
  }
}
