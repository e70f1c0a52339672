/**
 * The board in the cabinet: a chip, its ROM bootloader, the BOOT0 pin, the power and the two wires to the converter. It decides where
 * the chip boots after each reset and who runs: the ROM's model or the core. It knows nothing of networks.
 */
import type { Chip } from './chip/chip.js';
import { BusFault } from './cpu/bus.js';
import { ExternalWatchdog, type WatchdogWiring } from './external-watchdog.js';
import type { Random } from './random.js';
import { leavePeripheralsAsTheRomUsesThem } from './rom/rom-leftovers.js';
import type { RomExit } from './rom/rom-program.js';
import type { RomVersion } from './rom/rom-versions.js';
import { Rom } from './rom/rom.js';
import type { LineListener, LineRun } from './serial-line.js';
import { isInRam, stackLimit } from './stack-limit.js';
import type { Tick } from './time.js';
import { TICKS_PER_MS } from './time.js';
import type { Violations } from './violations.js';

export type ResetCause = 'power' | 'pin' | 'software' | 'iwdg';

export type BoardEvent =
  /** The boot address was the system memory: the ROM waits for its first frame. */
  | { readonly kind: 'rom'; readonly cause: ResetCause; readonly tick: Tick }
  /** Go: code in RAM or flash was started by the ROM. */
  | { readonly kind: 'go'; readonly entry: number; readonly tick: Tick }
  /** The boot address was flash or RAM: its vector table was obeyed. */
  | { readonly kind: 'application'; readonly cause: ResetCause; readonly entry: number; readonly tick: Tick }
  /** The core has given up: an erased vector table, or a fault inside a fault handler. Only a reset helps. */
  | { readonly kind: 'lockup'; readonly pc: number; readonly tick: Tick }
  /** No edge on its pin for too long: it pulls NRST. */
  | { readonly kind: 'watchdog'; readonly pin: string; readonly tick: Tick }
  | { readonly kind: 'off'; readonly tick: Tick };

/** The pins that the converter is wired to, named from the board's side. */
export interface Wiring {
  readonly tx: string;
  readonly rx: string;
}

export interface BoardParts {
  readonly chip: Chip;
  /** The same that the chip reports to. */
  readonly violations: Violations;
  readonly romVersion: RomVersion;
  readonly wiring: Wiring;
  readonly boot0: 'high' | 'low';
  /** Does the ROM put its peripherals back before it jumps? ST's documents say yes and no. */
  readonly romResetsPeripherals: boolean;
  /** Stack of a program in RAM, below its first stack pointer. */
  readonly ramProgramStackBytes: number;
  /** Beside the chip, on one of its pins. */
  readonly watchdog?: WatchdogWiring | undefined;
  readonly random: Random;
}

/**
 * While a UART sends, the core is stopped this often to hear it; by DMA its characters would otherwise be learned of only when the
 * program looks at the UART. Half of a millisecond is less than any packing interval or network hides.
 */
const LISTENING_TICKS = 0.5 * TICKS_PER_MS;
/** What an erased vector reads as. */
const ERASED = 0xffffffff;

export class Board {
  readonly chip: Chip;
  readonly rom: Rom;
  readonly wiring: Wiring;
  readonly violations: Violations;
  /** Read at each reset. */
  boot0: 'high' | 'low';
  onLineOut: LineListener = () => undefined;
  onEvent: (event: BoardEvent) => void = () => undefined;

  readonly #parts: BoardParts;
  readonly #watchdog: ExternalWatchdog | undefined;
  #runs: 'nothing' | 'rom' | 'core' = 'nothing';
  #tick: Tick = 0;
  #hasLockedUp = false;
  #lastResetCause: ResetCause = 'power';

  constructor(parts: BoardParts) {
    this.#parts = parts;
    this.chip = parts.chip;
    this.wiring = parts.wiring;
    this.violations = parts.violations;
    this.boot0 = parts.boot0;
    this.rom = new Rom(parts.romVersion, parts.chip);
    const toWire = (txPin: string, run: LineRun): void => {
      if (txPin === this.wiring.tx) this.onLineOut(run);
    };
    this.rom.onLineOut = toWire;
    this.chip.onLineOut = toWire;
    this.chip.bootloaderVersion = parts.romVersion.bootloaderId;
    this.#watchdog = parts.watchdog && new ExternalWatchdog(parts.watchdog);
    this.chip.onEdge = (pin, tick) => {
      if (pin === this.#watchdog?.pin) this.#watchdog.feed(tick);
    };
    this.chip.onReset = (cause, tick) => {
      this.#tick = Math.max(this.#tick, tick);
      this.#boot(cause);
    };
  }

  get tick(): Tick {
    return this.#tick;
  }

  /** Who executes: the ROM's model, code on the core, or nobody without power. */
  get runs(): 'nothing' | 'rom' | 'core' {
    return this.#runs;
  }

  /** Characters are on their way out, on whatever pin. */
  get isSending(): boolean {
    return this.#runs === 'rom' ? this.rom.isSending : this.chip.isSending;
  }

  powerOn(): void {
    if (this.#runs !== 'nothing') return;
    this.chip.powerOn(this.#tick);
    this.#boot('power');
  }

  /** Flash operations in progress are cut. */
  powerOff(): void {
    if (this.#runs === 'nothing') return;
    this.rom.stop();
    this.chip.powerOff(this.#tick);
    this.#runs = 'nothing';
    this.onEvent({ kind: 'off', tick: this.#tick });
  }

  /** A pulse on NRST. */
  pressReset(): void {
    if (this.#runs !== 'nothing') this.#reset('pin');
  }

  /** Characters from the converter on the board's RX wire. */
  lineIn(run: LineRun): void {
    if (this.#runs === 'rom') this.rom.lineIn(this.wiring.rx, run);
    if (this.#runs !== 'nothing') this.chip.lineIn(this.wiring.rx, run);
  }

  /** Runs until `untilTick`; returns early when a character went out, a little late when a block of instructions overshoots. */
  run(untilTick: Tick): void {
    if (this.#runs === 'nothing') {
      this.#tick = Math.max(this.#tick, untilTick);
      return;
    }
    const watchedTick = Math.min(untilTick, this.#watchdog?.expiryTick ?? Infinity);
    if (this.#runs === 'rom') this.#runRom(watchedTick);
    else this.#runCore(watchedTick);
    if (this.#watchdog === undefined || this.#tick < this.#watchdog.expiryTick) return;
    this.onEvent({ kind: 'watchdog', pin: this.#watchdog.pin, tick: this.#tick });
    this.#reset('pin');
  }

  #runRom(untilTick: Tick): void {
    const exit = this.rom.run(untilTick);
    this.#tick = Math.max(this.#tick, this.rom.tick);
    this.chip.run(this.#tick);
    if (exit !== undefined && this.#runs === 'rom') this.#leaveRom(exit);
  }

  #runCore(untilTick: Tick): void {
    this.chip.run(this.chip.isSending ? Math.min(untilTick, this.#tick + LISTENING_TICKS) : untilTick);
    this.#tick = Math.max(this.#tick, this.chip.tick);
    const { halted } = this.chip.cpu;
    if (halted?.reason !== 'lockup' || this.#hasLockedUp) return;
    this.#lockUp(halted.pc);
  }

  #leaveRom(exit: RomExit): void {
    if (exit.kind === 'reset') {
      this.#reset('software');
      return;
    }
    this.#leavePeripherals();
    this.rom.leaveWatchdog(this.#tick);
    this.rom.stop();
    this.#runs = 'core';
    this.onEvent({ kind: 'go', entry: exit.entry, tick: this.#tick });
    this.#execute(exit.stackPointer, exit.entry);
  }

  #leavePeripherals(): void {
    const { random, romResetsPeripherals } = this.#parts;
    this.chip.scramble(random);
    if (romResetsPeripherals) this.chip.reset(this.#lastResetCause, this.#tick);
    else if (this.rom.line !== undefined) leavePeripheralsAsTheRomUsesThem(this.chip, this.rom.line, this.#tick);
    for (let register = 0; register <= 12; register++) this.chip.cpu.r[register] = random.u32();
  }

  #reset(cause: ResetCause): void {
    this.rom.stop();
    this.chip.reset(cause, this.#tick);
    this.#boot(cause);
  }

  #boot(cause: ResetCause): void {
    this.#lastResetCause = cause;
    this.#watchdog?.feed(this.#tick);
    this.#hasLockedUp = false;
    const { bootAdd0, bootAdd1 } = this.chip.optionBytes;
    const base = ((this.boot0 === 'low' ? bootAdd0 : bootAdd1) << 16) >>> 0;
    const { systemMemory } = this.#parts.romVersion;
    if (base >= systemMemory.first && base <= systemMemory.last) {
      this.#runs = 'rom';
      this.chip.bootedFrom = 'system-memory';
      this.rom.start(this.#tick);
      this.onEvent({ kind: 'rom', cause, tick: this.#tick });
      return;
    }
    this.chip.bootedFrom = 'flash';
    this.#runs = 'core';
    const [stackPointer, entry] = this.#vectors(base);
    this.onEvent({ kind: 'application', cause, entry, tick: this.#tick });
    this.chip.cpu.vectorTable = base;
    if (entry === ERASED) this.#lockUp(entry);
    else this.#execute(stackPointer, entry);
  }

  #execute(stackPointer: number, entry: number): void {
    const { part } = this.chip;
    const granted = isInRam(part, entry) ? this.#parts.ramProgramStackBytes : Infinity;
    this.chip.execute(stackPointer, entry, Math.ceil(this.#tick), stackLimit(part, stackPointer, granted));
  }

  #lockUp(pc: number): void {
    this.#hasLockedUp = true;
    this.onEvent({ kind: 'lockup', pc, tick: this.#tick });
  }

  /** A vector that cannot be read faults as an erased one does. */
  #vectors(base: number): readonly [stackPointer: number, entry: number] {
    try {
      return [this.chip.read(base, 4, this.#tick), this.chip.read(base + 4, 4, this.#tick)];
    } catch (error) {
      if (error instanceof BusFault) return [ERASED, ERASED];
      throw error;
    }
  }
}
