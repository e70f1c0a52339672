/**
 * Everything of the chip around the core: memories, peripherals, and the decoder that finds them. It knows no life cycle; power, reset
 * and running are chip.ts.
 */
import type { H7Part } from '../../device/h7-part.js';
import { bankIndexAt } from '../../device/memory-map.js';
import type { AccessSize, Bus, MemoryRegion } from '../cpu/bus.js';
import { BusFault } from '../cpu/bus.js';
import type { Random } from '../random.js';
import type { LineRun } from '../serial-line.js';
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';
import type { ChipRam } from './chip-memory.js';
import { chipRam, loadBytes, scrambleRam, storeBytes } from './chip-memory.js';
import type { ChipViolation } from './chip-violations.js';
import { reportChip } from './chip-violations.js';
import { FlashController } from './flash-controller.js';
import { FlashMemory } from './flash-memory.js';
import type { OptionBytes } from './option-bytes.js';
import type { Mapping, Peripherals } from './peripheral-map.js';
import { buildPeripherals, mapPeripherals, PAGE_BITS } from './peripheral-map.js';
import type { ChipServices } from './peripheral.js';
import { PollSkipper } from './poll-skipper.js';
import { isSystemMemory, SystemMemory } from './system-memory.js';
import type { Usart } from './usart.js';

/** What the bus asks of the core. */
export interface CoreControls {
  stall(ticks: number): void;
  yieldSoon(): void;
  regionsChanged(): void;
  invalidate(address: number, lengthBytes: number): void;
}

export interface ChipBusOptions {
  readonly part: H7Part;
  readonly violations: Violations;
  readonly revisionId: number;
  readonly pollSkipTicks: number;
  readonly optionBytes: OptionBytes;
  readonly uid: Uint8Array;
  readonly flashTiming: 'typical' | 'maximum';
  /** What damaged flash words read as. */
  readonly flashRandom: Random;
  /** RDP level 1, and the core did not boot from user flash. */
  readonly isReadOutProtected: () => boolean;
}

export class ChipBus implements Bus, ChipServices {
  readonly violations: Violations;
  readonly ram: readonly ChipRam[];
  readonly flash: FlashMemory;
  readonly flashController: FlashController;
  readonly systemMemory: SystemMemory;
  readonly peripherals: Peripherals;
  /** End of the slice that runs: polling loops are not skipped beyond it, since the world may have something for the chip then. */
  sliceEndTick: Tick = Infinity;
  readonly #part: H7Part;
  readonly #core: CoreControls;
  readonly #mappings: readonly Mapping[];
  readonly #pages: ReadonlyMap<number, Mapping>;
  readonly #usarts: readonly Usart[];
  readonly #polls: PollSkipper;
  /** What `nextChange` found; holds until then, or until something is written or arrives. */
  #nextChangeTick: Tick = -Infinity;

  constructor(options: ChipBusOptions, core: CoreControls) {
    const { part, violations, optionBytes } = options;
    this.#part = part;
    this.#core = core;
    this.violations = violations;
    this.ram = chipRam(part, optionBytes.tcmAxiShared);
    this.flash = new FlashMemory(part, options.flashRandom, {
      regionsChanged: () => core.regionsChanged(),
      contentChanged: (address, lengthBytes) => core.invalidate(address, lengthBytes),
    });
    this.flashController = new FlashController({
      part,
      memory: this.flash,
      optionBytes,
      timing: options.flashTiming,
      services: this,
      isReadOutProtected: options.isReadOutProtected,
    });
    this.systemMemory = new SystemMemory(part, options.uid, violations);
    this.peripherals = buildPeripherals({
      part,
      services: this,
      revisionId: options.revisionId,
      flashController: this.flashController,
      onPeripheralReset: (name) => this.#mappings.find(({ peripheral }) => peripheral.name === name)?.peripheral.reset(),
      onClocksChanged: () => this.refreshClocks(),
    });
    this.#usarts = Object.values(this.peripherals.usarts);
    this.#mappings = mapPeripherals(part, this.peripherals);
    this.#pages = new Map(this.#mappings.map((mapping) => [mapping.base >>> PAGE_BITS, mapping]));
    this.#polls = new PollSkipper({
      skipTicks: options.pollSkipTicks,
      nextChange: (tick) => Math.min(this.nextChange(tick), this.sliceEndTick),
      stall: (ticks) => core.stall(ticks),
    });
  }

  get regions(): readonly MemoryRegion[] {
    return [...this.ram.map(({ region }) => region), ...this.flash.regions];
  }

  read(address: number, size: AccessSize, tick: Tick): number {
    const mapping = this.#pages.get(address >>> PAGE_BITS);
    if (mapping === undefined) return this.#readMemory(address, size, tick);
    if (!mapping.isClocked && this.#isUnclocked(mapping.peripheral.name, address, tick)) return 0;
    const offset = address - mapping.base;
    const value = mapping.peripheral.read(offset, size, tick) >>> 0;
    if (mapping.polled.has(offset)) this.#polls.afterRead(address, value, tick);
    return value;
  }

  write(address: number, size: AccessSize, value: number, tick: Tick): void {
    const mapping = this.#pages.get(address >>> PAGE_BITS);
    if (mapping?.standsApart !== true) {
      this.#polls.afterWrite();
      this.#nextChangeTick = -Infinity;
    }
    if (mapping === undefined) return this.#writeMemory(address, size, value, tick);
    if (!mapping.isClocked && this.#isUnclocked(mapping.peripheral.name, address, tick)) return;
    if (mapping.decidesLines) this.#syncUsarts(tick);
    mapping.peripheral.write(address - mapping.base, size, value, tick);
  }

  /** Brings everything up to `tick`. */
  catchUp(tick: Tick): void {
    for (const usart of this.#usarts) usart.catchUp(tick);
    this.flashController.sync(tick);
  }

  /** The same, before clocks or pins change without a write: after this they may. */
  sync(tick: Tick): void {
    this.#syncUsarts(tick);
    this.flashController.sync(tick);
  }

  /** When something happens by itself next, later than `tick`, that a program must not see too late. */
  nextChange(tick: Tick): Tick {
    if (tick < this.#nextChangeTick) return this.#nextChangeTick;
    let next = this.flashController.nextChange();
    for (const usart of this.#usarts) {
      next = Math.min(next, this.#movesByDma(usart) ? usart.nextMessage(tick) : usart.nextChange(tick));
    }
    this.#nextChangeTick = next;
    return next;
  }

  lineIn(rxPin: string, run: LineRun): void {
    this.#nextChangeTick = -Infinity;
    for (const usart of this.#usarts) usart.lineIn(rxPin, run);
  }

  /** All registers to their reset values; memories stay. @param afterAbort as in FlashController.reset */
  resetPeripherals(afterAbort?: Random): void {
    for (const { peripheral } of this.#mappings) if (peripheral !== this.flashController) peripheral.reset();
    this.flashController.reset(afterAbort);
    this.refreshClocks();
    this.#nextChangeTick = -Infinity;
  }

  /** Registers and RAM as a ROM bootloader may leave them. */
  scramble(random: Random): void {
    this.#nextChangeTick = -Infinity;
    for (const { peripheral } of this.#mappings) peripheral.scramble?.(random.fork(peripheral.name));
    scrambleRam(this.#part, this.ram, random);
    for (const { region } of this.ram) this.#core.invalidate(region.base, region.bytes.length);
  }

  /** What RCC says decides who answers. */
  refreshClocks(): void {
    const { rcc } = this.peripherals;
    for (const mapping of this.#mappings) mapping.isClocked = mapping.clocks.length === 0 || mapping.clocks.some((name) => rcc.isClocked(name));
    let changed = false;
    for (const { facts, region } of this.ram) {
      const isOn = facts.clocks.every((name) => rcc.isClocked(name));
      if (region.readable === isOn) continue;
      changed = true;
      region.readable = region.writable = region.executable = isOn;
    }
    if (changed) this.#core.regionsChanged();
  }

  isClocked(name: string): boolean {
    return this.peripherals.rcc.isClocked(name);
  }

  usartKernelHz(name: string): number {
    return this.peripherals.rcc.usartKernelHz(name);
  }

  hasAlternateFunction(pin: string, af: number): boolean {
    return this.peripherals.gpios.get(pin.charAt(1))?.hasAlternateFunction(Number(pin.slice(2)), af) ?? false;
  }

  dmaMemory(address: number, lengthBytes: number): { readonly bytes: Uint8Array; readonly offset: number } | undefined {
    const ram = this.#ramAt(address);
    if (ram === undefined || !ram.facts.reachableByDma || !ram.region.writable) return undefined;
    const offset = address - ram.region.base;
    if (offset + lengthBytes > ram.region.bytes.length) return undefined;
    this.#core.invalidate(address, lengthBytes);
    return { bytes: ram.region.bytes, offset };
  }

  stall(ticks: number): void {
    this.#core.stall(ticks);
  }

  yieldSoon(): void {
    this.#core.yieldSoon();
  }

  #readMemory(address: number, size: AccessSize, tick: Tick): number {
    if (bankIndexAt(this.#part, address) !== undefined) return this.flashController.load(address, size, tick);
    if (isSystemMemory(address)) return this.systemMemory.read(address, size, tick);
    const ram = this.#ramAt(address);
    if (ram === undefined) return this.#unmapped('read', address, tick);
    if (!ram.region.readable && this.#isUnclocked(ram.region.name, address, tick)) return 0;
    return loadBytes(ram.region.bytes, address - ram.region.base, size);
  }

  #writeMemory(address: number, size: AccessSize, value: number, tick: Tick): void {
    if (bankIndexAt(this.#part, address) !== undefined) return this.flashController.store(address, size, value, tick);
    const ram = this.#ramAt(address);
    if (ram === undefined) return this.#unmapped('write', address, tick);
    if (!ram.region.writable && this.#isUnclocked(ram.region.name, address, tick)) return;
    storeBytes(ram.region.bytes, address - ram.region.base, size, value);
    this.#core.invalidate(address, size);
  }

  #ramAt(address: number): ChipRam | undefined {
    return this.ram.find(({ region }) => address >= region.base && address < region.base + region.bytes.length);
  }

  /** DMA serves both directions: no character waits for the program. */
  #movesByDma({ rxRequest, txRequest }: Usart): boolean {
    return txRequest.isEnabled() && rxRequest.isEnabled() && this.peripherals.dmamux.serverOf(rxRequest) !== undefined;
  }

  #syncUsarts(tick: Tick): void {
    for (const usart of this.#usarts) usart.sync(tick);
  }

  #isUnclocked(name: string, address: number, tick: Tick): true {
    this.#report('peripheral-unclocked', `${name} at 0x${address.toString(16)}`, tick);
    return true;
  }

  #unmapped(access: 'read' | 'write', address: number, tick: Tick): never {
    this.#report('unmapped-address', `${access} at 0x${address.toString(16).padStart(8, '0')}`, tick);
    throw new BusFault(address, `nothing answers this ${access}`);
  }

  #report(name: ChipViolation, message: string, tick: Tick): void {
    reportChip(this.violations, name, message, tick);
  }
}
