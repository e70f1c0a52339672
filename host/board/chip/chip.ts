/**
 * An STM32H7: core, memories and peripherals, and its life: power, reset, running. Time is virtual; whoever owns the chip drives it.
 *
 * It does not know where to boot: after a reset the core stands still until the board calls `execute`, or plays the ROM itself.
 */
import type { H7Family, H7Part } from '../../device/h7-part.js';
import type { AccessSize, Bus } from '../cpu/bus.js';
import type { Core, CreateCore } from '../cpu/core.js';
import { SLOT, usesProcessStack } from '../cpu/core-state.js';
import { Cpu } from '../cpu/cpu.js';
import { Random } from '../random.js';
import type { LineRun } from '../serial-line.js';
import type { Tick } from '../time.js';
import { TICKS_PER_MS } from '../time.js';
import type { Violations } from '../violations.js';
import { ChipBus } from './chip-bus.js';
import { fillWithGarbage } from './chip-memory.js';
import { reportChip } from './chip-violations.js';
import type { FlashMemory } from './flash-memory.js';
import type { OptionBytes } from './option-bytes.js';
import { factoryOptionBytes, isReadOutProtected } from './option-bytes.js';
import type { ResetCause } from './rcc.js';
import type { UsartName } from './usart-registers.js';
import type { Usart } from './usart.js';

/** DBGMCU_IDCODE.REV_ID: V, Z and A (RM0433, RM0468 and RM0455, DBGMCU_IDCODE). */
const CURRENT_REVISION: Readonly<Record<H7Family, number>> = { H74x: 0x2003, H72x: 0x1001, H7Ax: 0x1000 };

export interface ChipOptions {
  readonly part: H7Part;
  readonly seed: number;
  readonly violations: Violations;
  /** DBGMCU_IDCODE.REV_ID. @default the family's current silicon */
  readonly revisionId?: number;
  /** Most ticks that a polling loop passes at once; 0 for none. @default a millisecond */
  readonly pollSkipTicks?: number;
  /** What differs from the factory setting. */
  readonly optionBytes?: Partial<OptionBytes>;
  /** 12 bytes; drawn from the seed by default. */
  readonly uid?: Uint8Array;
  /** Which column of the datasheet. @default 'typical' */
  readonly flashTiming?: 'typical' | 'maximum';
  /** @default the engine of cpu.ts */
  readonly createCore?: CreateCore;
}

const UID_BYTES = 12;

export class Chip implements Bus {
  readonly part: H7Part;
  readonly cpu: Core;
  readonly flash: FlashMemory;
  readonly optionBytes: OptionBytes;
  readonly usarts: Readonly<Record<UsartName, Usart>>;
  /** Where the core booted from: at RDP level 1 only code that booted from user flash may use it (RM0399 §4.5.3). */
  bootedFrom: 'system-memory' | 'flash' = 'system-memory';
  /** Whatever a TX pin sends. */
  onLineOut: (txPin: string, run: LineRun) => void = () => undefined;
  /** An output pin has changed its level. */
  onEdge: (pin: string, tick: Tick) => void = () => undefined;
  /** The chip has reset itself and stands still; the board decides where to boot. */
  onReset: (cause: 'software' | 'iwdg', tick: Tick) => void = () => undefined;

  readonly #bus: ChipBus;
  readonly #random: Random;
  #isRunning = false;
  /** Time while the core stands still. */
  #idleTick: Tick = 0;
  #resetRequested = false;

  constructor(options: ChipOptions) {
    this.part = options.part;
    this.#random = new Random(options.seed);
    this.optionBytes = { ...factoryOptionBytes(options.part), ...options.optionBytes };
    this.#bus = new ChipBus(
      {
        part: options.part,
        violations: options.violations,
        revisionId: options.revisionId ?? CURRENT_REVISION[options.part.family],
        pollSkipTicks: options.pollSkipTicks ?? TICKS_PER_MS / 2,
        optionBytes: this.optionBytes,
        uid: options.uid ?? this.#random.fork('uid').fill(new Uint8Array(UID_BYTES)),
        flashTiming: options.flashTiming ?? 'typical',
        flashRandom: this.#random.fork('flash'),
        isReadOutProtected: () => isReadOutProtected(this.optionBytes) && this.bootedFrom !== 'flash',
      },
      {
        stall: (ticks) => this.#stall(ticks),
        yieldSoon: () => this.cpu.yieldSoon(),
        regionsChanged: () => this.cpu.regionsChanged(),
        invalidate: (address, lengthBytes) => this.cpu.invalidate(address, lengthBytes),
      },
    );
    this.flash = this.#bus.flash;
    this.usarts = this.#bus.peripherals.usarts;
    const createCore = options.createCore ?? ((surroundings) => new Cpu(surroundings));
    this.cpu = createCore({ bus: this.#bus, regions: this.#bus.regions });
    this.cpu.onResetRequest = () => {
      this.#resetRequested = true;
      this.cpu.yieldSoon();
    };
    for (const [port, gpio] of this.#bus.peripherals.gpios) {
      gpio.onEdges = (pins, tick) => { for (let pin = 0; pin < 16; pin++) if ((pins >> pin) & 1) this.onEdge(`P${port}${pin}`, tick); };
    }
    for (const usart of Object.values(this.usarts)) usart.onLineOut = (pin, run) => this.onLineOut(pin, run);
  }

  /** Time of the chip. While the core stands still its owner advances it. */
  get tick(): Tick {
    return this.#isRunning ? this.cpu.tick : this.#idleTick;
  }

  set tick(tick: Tick) {
    if (this.#isRunning) throw new Error('the core runs: only `run` advances its time');
    this.#idleTick = tick;
  }

  /** What the byte at AN2606's bootloader ID address reads. Set by the board. */
  get bootloaderVersion(): number {
    return this.#bus.systemMemory.bootloaderVersion;
  }

  set bootloaderVersion(version: number) {
    this.#bus.systemMemory.bootloaderVersion = version;
  }

  /** Switches on: RAM holds garbage, registers their reset values, flash what it held. */
  powerOn(tick: Tick): void {
    this.flash.supplyEndsAtTick = Infinity;
    fillWithGarbage(this.#bus.ram, this.#random.fork('ram'));
    for (const { base, bytes } of this.#bus.regions) this.cpu.invalidate(base, bytes.length);
    this.reset('power', tick);
  }

  /** The core stands still afterwards. A flash operation in progress is cut off. */
  reset(cause: ResetCause, tick: Tick): void {
    this.#bus.sync(tick);
    const wasCutOff = this.#bus.flashController.abort(tick);
    this.#standStill(tick);
    this.#bus.resetPeripherals(wasCutOff && cause !== 'power' ? this.#random : undefined);
    this.cpu.resetCore();
    this.#bus.peripherals.rcc.recordReset(cause);
    if (!this.optionBytes.iwdg1Software) this.#bus.peripherals.iwdg.start(tick);
    if (wasCutOff && cause === 'software') {
      reportChip(this.#bus.violations, 'reset-during-flash-operation', 'AIRCR.SYSRESETREQ while FLASH_SR.BSY was set', tick);
    }
  }

  /** Supply gone. What flash was busy with stays half done. */
  powerOff(tick: Tick): void {
    this.#bus.sync(tick);
    this.#bus.flashController.abort(tick);
    this.#standStill(tick);
    this.#bus.resetPeripherals();
  }

  /** Everything that a ROM bootloader may leave behind at Go. */
  scramble(random: Random): void {
    this.#bus.sync(this.tick);
    this.#bus.scramble(random);
    for (let register = 0; register <= 12; register++) this.cpu.r[register] = random.u32();
    this.cpu.r[14] = random.u32();
  }

  /** @param stackLimit the main stack pointer may not go below it; seen between two blocks of code: not in the frame of a function that calls none */
  execute(sp: number, pc: number, tick: Tick, stackLimit = 0): void {
    this.#bus.sync(tick);
    this.#bus.flashController.openQuietBanks();
    this.#resetRequested = false;
    this.#isRunning = true;
    this.cpu.start(sp, pc, tick);
    this.cpu.r[SLOT.STACK_LIMIT] = stackLimit;
  }

  /** A USART has something to send; `run` returns early when that begins. */
  get isSending(): boolean {
    return Object.values(this.usarts).some((usart) => usart.isSending);
  }

  /** Lets the core run, or time pass; returns early when something happened that the outside must see. */
  run(untilTick: Tick): void {
    const limit = Math.min(untilTick, this.#bus.peripherals.iwdg.expiryTick);
    this.#bus.sliceEndTick = limit;
    if (this.#isRunning) this.cpu.run(limit);
    else this.#idleTick = Math.max(this.#idleTick, limit);
    this.#bus.catchUp(this.tick);
    this.#checkStack();
    if (this.#resetRequested) this.#resetItself('software');
    else if (this.tick >= this.#bus.peripherals.iwdg.expiryTick) this.#resetItself('iwdg');
  }

  /** Characters from outside to a pin, e.g. `PA10`. A pin that no USART listens on is deaf. */
  lineIn(rxPin: string, run: LineRun): void {
    this.#bus.lineIn(rxPin, run);
  }

  read(address: number, size: AccessSize, tick: Tick): number {
    return this.#bus.read(address, size, tick);
  }

  write(address: number, size: AccessSize, value: number, tick: Tick): void {
    this.#bus.write(address, size, value, tick);
  }

  #stall(ticks: number): void {
    if (this.#isRunning) this.cpu.stall(ticks);
    else this.#idleTick += ticks;
  }

  #standStill(tick: Tick): void {
    this.cpu.stop();
    this.#isRunning = false;
    this.#resetRequested = false;
    this.#idleTick = tick;
  }

  /** Told once: a program that is tolerated runs on without the check. */
  #checkStack(): void {
    const { r } = this.cpu;
    const stackPointer = r[SLOT.SP] ?? 0;
    const limit = r[SLOT.STACK_LIMIT] ?? 0;
    if (limit === 0 || stackPointer >= limit || usesProcessStack(r)) return;
    r[SLOT.STACK_LIMIT] = 0;
    const where = `SP 0x${(stackPointer >>> 0).toString(16)} is below 0x${limit.toString(16)} at PC 0x${((r[SLOT.PC] ?? 0) >>> 0).toString(16)}`;
    reportChip(this.#bus.violations, 'stack-overflow', where, this.tick);
  }

  #resetItself(cause: 'software' | 'iwdg'): void {
    const { tick } = this;
    this.reset(cause, tick);
    this.onReset(cause, tick);
  }
}
