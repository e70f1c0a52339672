/**
 * What the ROM's commands may touch: the address windows of its version, RAM by plain stores, flash through the real controller. The
 * ROM knows nothing of the model behind the bus: it reads and writes as a program would, at its own time.
 */
import type { H7Part } from '../../device/h7-part.js';
import { bankIndexAt } from '../../device/memory-map.js';
import type { AccessSize } from '../cpu/bus.js';
import { BusFault } from '../cpu/bus.js';
import type { Tick } from '../time.js';
import { FlashDriver } from './flash-driver.js';
import type { RomVersion } from './rom-versions.js';

/** The chip as the ROM sees it: a bus. */
export interface RomChip {
  readonly part: H7Part;
  read(address: number, size: AccessSize, tick: Tick): number;
  write(address: number, size: AccessSize, value: number, tick: Tick): void;
}

export type AddressKind = 'ram' | 'flash' | 'system';

export class RomMemory {
  readonly version: RomVersion;
  readonly part: H7Part;
  readonly flash: FlashDriver;
  /** Two NACKs where AN3155 speaks of "some products" (commands.ts); AN2606 names no H7. */
  readonly refusesTwice: boolean;
  /** The last command that touched flash was a Read Memory; see `RomVersion.bytesLostAfterRead`. */
  hasJustReadFlash = false;

  readonly #chip: RomChip;
  readonly #now: () => Tick;

  constructor(version: RomVersion, chip: RomChip, now: () => Tick, refusesTwice: boolean) {
    this.version = version;
    this.refusesTwice = refusesTwice;
    this.part = chip.part;
    this.flash = new FlashDriver(chip, now);
    this.#chip = chip;
    this.#now = now;
  }

  /** What lies at all of `lengthBytes` from `address`, if the ROM lets anyone there. */
  kindOf(address: number, lengthBytes: number): AddressKind | undefined {
    const last = address + lengthBytes - 1;
    const isRam = this.version.ramWindows.some((window) => address >= window.first && last <= window.last) && last < this.#ramEnd(address);
    if (isRam) return 'ram';
    const bank = bankIndexAt(this.part, address);
    if (bank !== undefined && bankIndexAt(this.part, last) === bank) return 'flash';
    const { systemMemory } = this.version;
    return address >= systemMemory.first && last <= systemMemory.last ? 'system' : undefined;
  }

  /** @throws BusFault where the flash holds what its ECC cannot repair. */
  read(address: number, lengthBytes: number): Uint8Array {
    return Uint8Array.from({ length: lengthBytes }, (_, at) => this.#chip.read(address + at, 1, this.#now()));
  }

  /** `bytes` is a multiple of four, as AN3155 asks of RAM. */
  writeRam(address: number, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; at += 4) this.#chip.write(address + at, 4, view.getUint32(at, true), this.#now());
  }

  readWord(address: number): number {
    return this.#chip.read(address, 4, this.#now());
  }

  /** The first address behind the RAM region that holds `address`; 0 outside RAM. */
  #ramEnd(address: number): number {
    const region = this.part.ram.find(({ base, lengthBytes }) => address >= base && address < base + lengthBytes);
    return region === undefined ? 0 : region.base + region.lengthBytes;
  }

  /** Does the stack pointer of a Go image keep the distance that V9.0 wants? */
  hasStackReserve(stackPointer: number): boolean {
    const reserve = this.version.goStackReserveBytes;
    return reserve === undefined || stackPointer < this.#ramEnd(stackPointer - 4) - reserve;
  }
}

/** Runs `access` and tells whether the bus answered it with an error. */
export function isFaulting(access: () => void): boolean {
  try {
    access();
    return false;
  } catch (error) {
    if (error instanceof BusFault) return true;
    throw error;
  }
}
