/**
 * The core's data side: page tables for translated code, and the careful way for everything that they do not answer: unaligned accesses,
 * small or guarded regions, the private peripheral bus, the Bus, stores into code.
 *
 * Every careful access notes PC and the instruction's index first, so whoever is called, or whatever is thrown, finds the core exact.
 */
import type { AccessSize, Bus, MemoryRegion } from './bus.js';
import { BusFault } from './bus.js';
import type { BlockCache } from './block-cache.js';
import { SLOT, isPrivileged } from './core-state.js';
import { CFSR, CoreFault, EXCEPTION } from './faults.js';
import { isPrivateAddress } from './system/private-peripherals.js';
import type { SystemControl } from './system/system-control.js';
import type { Tick } from '../time.js';

const PAGE_BYTES = 65536;
const PAGE_COUNT = 65536;

/** Device and strongly-ordered space of the default memory map (ARMv7-M ARM §B3.1): accesses must be aligned, nothing may be executed. */
export function isDevice(address: number): boolean {
  return address >>> 29 === 2 || address >>> 0 >= 0xa0000000;
}

interface PageViews {
  readonly page: number;
  readonly v8: Uint8Array;
  readonly v16: Uint16Array;
  readonly v32: Int32Array;
}

/** What the page tables currently say about a region, to make unchanged regions cheap. */
interface MappedRegion {
  readonly region: MemoryRegion;
  readonly pages: readonly PageViews[];
  readable: boolean;
  writable: boolean;
  executable: boolean;
}

export interface MemoryParts {
  readonly r: Int32Array;
  readonly bus: Bus;
  readonly regions: readonly MemoryRegion[];
  readonly cache: BlockCache;
  readonly control: SystemControl;
  /** The core's own registers. */
  readonly peripherals: Bus;
  /** Whose `tick` is the time at which the running block began. */
  readonly clock: { readonly tick: Tick };
}

export class CoreMemory {
  readonly r8: (Uint8Array | null)[] = new Array<Uint8Array | null>(PAGE_COUNT).fill(null);
  readonly r16: (Uint16Array | null)[] = new Array<Uint16Array | null>(PAGE_COUNT).fill(null);
  readonly r32: (Int32Array | null)[] = new Array<Int32Array | null>(PAGE_COUNT).fill(null);
  readonly w8: (Uint8Array | null)[] = new Array<Uint8Array | null>(PAGE_COUNT).fill(null);
  readonly w16: (Uint16Array | null)[] = new Array<Uint16Array | null>(PAGE_COUNT).fill(null);
  readonly w32: (Int32Array | null)[] = new Array<Int32Array | null>(PAGE_COUNT).fill(null);
  /** Register values on their way to or from `readWords` and `writeWords`. */
  readonly words = new Int32Array(16);
  /** How many instructions of the block ran before the one that accesses memory. */
  index = 0;

  readonly #r: Int32Array;
  readonly #bus: Bus;
  readonly #cache: BlockCache;
  readonly #control: SystemControl;
  readonly #peripherals: Bus;
  readonly #clock: MemoryParts['clock'];
  readonly #mapped: readonly MappedRegion[];
  readonly #regionOfPage = new Array<MemoryRegion | null>(PAGE_COUNT).fill(null);

  constructor(parts: MemoryParts) {
    this.#r = parts.r;
    this.#bus = parts.bus;
    this.#cache = parts.cache;
    this.#control = parts.control;
    this.#peripherals = parts.peripherals;
    this.#clock = parts.clock;
    this.#mapped = parts.regions.map((region) => ({ region, pages: viewPages(region), readable: false, writable: false, executable: false }));
    for (const region of parts.regions) {
      for (let at = 0; at < region.bytes.length; at += PAGE_BYTES) this.#regionOfPage[(region.base + at) >>> 16] = region;
    }
    this.regionsChanged();
  }

  /** Brings the page tables up to date with the regions' rights. @returns whether anything changed. */
  regionsChanged(): boolean {
    let changed = false;
    for (const mapped of this.#mapped) {
      const { region } = mapped;
      if (mapped.readable === region.readable && mapped.writable === region.writable && mapped.executable === region.executable) continue;
      mapped.readable = region.readable;
      mapped.writable = region.writable;
      mapped.executable = region.executable;
      this.#map(mapped);
      changed = true;
    }
    return changed;
  }

  #map(mapped: MappedRegion): void {
    const { region, readable, writable } = mapped;
    for (const { page, v8, v16, v32 } of mapped.pages) {
      this.r8[page] = readable ? v8 : null;
      this.r16[page] = readable ? v16 : null;
      this.r32[page] = readable ? v32 : null;
      this.w8[page] = writable ? v8 : null;
      this.w16[page] = writable ? v16 : null;
      this.w32[page] = writable ? v32 : null;
    }
    for (let at = 0; at < region.bytes.length; at += PAGE_BYTES) {
      this.#cache.setExecutable((region.base + at) >>> 16, readable && mapped.executable);
    }
  }

  /** The region that holds all of these bytes. */
  regionAt(address: number, lengthBytes: number): MemoryRegion | undefined {
    const region = this.#regionOfPage[address >>> 16]!;
    if (region === null) return undefined;
    const offset = (address >>> 0) - region.base;
    return offset >= 0 && offset + lengthBytes <= region.bytes.length ? region : undefined;
  }

  read8(address: number, index: number, pc: number): number {
    this.#note(index, pc);
    return this.#read(address, 1);
  }

  read16(address: number, index: number, pc: number): number {
    this.#note(index, pc);
    return (address & 1) === 0 ? this.#read(address, 2) : this.#readUnaligned(address, 2);
  }

  read32(address: number, index: number, pc: number): number {
    this.#note(index, pc);
    return ((address & 3) === 0 ? this.#read(address, 4) : this.#readUnaligned(address, 4)) | 0;
  }

  /** LDM, LDRD, POP: aligned or UsageFault; nothing reaches a register before all words are in `words`. */
  readWords(address: number, count: number, index: number, pc: number): void {
    this.#note(index, pc);
    if ((address & 3) !== 0) this.#unaligned();
    for (let at = 0; at < count; at++) this.words[at] = this.#read((address + at * 4) | 0, 4);
  }

  /** Stores return non-zero when the block should end behind the instruction. */
  write8(address: number, value: number, index: number, pc: number): number {
    this.#note(index, pc);
    this.#write(address, 1, value & 0xff);
    return this.#r[SLOT.ATTENTION]!;
  }

  write16(address: number, value: number, index: number, pc: number): number {
    this.#note(index, pc);
    if ((address & 1) === 0) this.#write(address, 2, value & 0xffff);
    else this.#writeUnaligned(address, 2, value);
    return this.#r[SLOT.ATTENTION]!;
  }

  write32(address: number, value: number, index: number, pc: number): number {
    this.#note(index, pc);
    if ((address & 3) === 0) this.#write(address, 4, value >>> 0);
    else this.#writeUnaligned(address, 4, value);
    return this.#r[SLOT.ATTENTION]!;
  }

  writeWords(address: number, count: number, index: number, pc: number): number {
    this.#note(index, pc);
    if ((address & 3) !== 0) this.#unaligned();
    for (let at = 0; at < count; at++) this.#write((address + at * 4) | 0, 4, this.words[at]! >>> 0);
    return this.#r[SLOT.ATTENTION]!;
  }

  unaligned(index: number, pc: number): never {
    this.#note(index, pc);
    return this.#unaligned();
  }

  /** An access that is no instruction's: vector fetch, stacking, fetch from guarded memory. @throws BusFault raw, without status bits. */
  rawRead(address: number, size: AccessSize): number {
    const region = this.regionAt(address, size);
    if (region?.readable === true) return readBytes(region, address, size);
    return this.#bus.read(address >>> 0, size, this.#clock.tick + this.index);
  }

  /** @throws BusFault raw, without status bits. */
  rawWrite(address: number, size: AccessSize, value: number): void {
    const region = this.regionAt(address, size);
    if (region?.writable !== true) return this.#bus.write(address >>> 0, size, value, this.#clock.tick + this.index);
    writeBytes(region, address, size, value);
    if (this.#cache.holdsCode(address >>> 0, size)) this.codeChanged(address, size);
  }

  codeChanged(address: number, lengthBytes: number): void {
    if (this.#cache.invalidate(address, lengthBytes)) this.#r[SLOT.ATTENTION] = 1;
  }

  #note(index: number, pc: number): void {
    this.index = index;
    this.#r[SLOT.PC] = pc;
  }

  #unaligned(): never {
    this.#control.cfsr |= CFSR.UNALIGNED;
    throw new CoreFault(EXCEPTION.usageFault);
  }

  #demandUnalignedSupport(address: number): void {
    if (isDevice(address) || this.#control.trapsUnaligned) this.#unaligned();
  }

  #readUnaligned(address: number, size: AccessSize): number {
    this.#demandUnalignedSupport(address);
    let value = 0;
    for (let at = 0; at < size; at++) value |= this.#read((address + at) | 0, 1) << (8 * at);
    return value >>> 0;
  }

  #writeUnaligned(address: number, size: AccessSize, value: number): void {
    this.#demandUnalignedSupport(address);
    for (let at = 0; at < size; at++) this.#write((address + at) | 0, 1, (value >>> (8 * at)) & 0xff);
  }

  #read(address: number, size: AccessSize): number {
    try {
      if (!isPrivateAddress(address)) return this.rawRead(address, size);
      if (!isPrivileged(this.#r)) throw new BusFault(address, 'private peripheral bus without privilege');
      return this.#peripherals.read(address >>> 0, size, this.#clock.tick + this.index);
    } catch (error) {
      this.#busFault(error);
      return 0;
    }
  }

  #write(address: number, size: AccessSize, value: number): void {
    try {
      if (!isPrivateAddress(address)) return this.rawWrite(address, size, value);
      if (!isPrivileged(this.#r)) throw new BusFault(address, 'private peripheral bus without privilege');
      this.#peripherals.write(address >>> 0, size, value, this.#clock.tick + this.index);
    } catch (error) {
      this.#busFault(error);
    }
  }

  /** A precise data bus error; returns when CCR.BFHFNMIGN lets the program go on (PM0253 §4.3). */
  #busFault(error: unknown): void {
    if (!(error instanceof BusFault)) throw error;
    this.#control.cfsr |= CFSR.PRECISERR | CFSR.BFARVALID;
    this.#control.bfar = error.address;
    if (!this.#control.ignoresDataBusFaults()) throw new CoreFault(EXCEPTION.busFault);
  }
}

function readBytes(region: MemoryRegion, address: number, size: AccessSize): number {
  const at = (address >>> 0) - region.base;
  const { bytes } = region;
  if (size === 1) return bytes[at]!;
  if (size === 2) return bytes[at]! | (bytes[at + 1]! << 8);
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function writeBytes(region: MemoryRegion, address: number, size: AccessSize, value: number): void {
  const at = (address >>> 0) - region.base;
  for (let byte = 0; byte < size; byte++) region.bytes[at + byte] = value >>> (8 * byte);
}

/** Views of the pages that a region fills completely; what is left over goes the careful way. */
function viewPages(region: MemoryRegion): readonly PageViews[] {
  const { bytes, base } = region;
  if (bytes.byteOffset % 4 !== 0) throw new RangeError(`memory region ${region.name} must lie on a word boundary of its buffer`);
  if (base % PAGE_BYTES !== 0) return [];
  return Array.from({ length: Math.floor(bytes.length / PAGE_BYTES) }, (_, at) => {
    const offset = bytes.byteOffset + at * PAGE_BYTES;
    return {
      page: (base >>> 16) + at,
      v8: new Uint8Array(bytes.buffer, offset, PAGE_BYTES),
      v16: new Uint16Array(bytes.buffer, offset, PAGE_BYTES / 2),
      v32: new Int32Array(bytes.buffer, offset, PAGE_BYTES / 4),
    };
  });
}
