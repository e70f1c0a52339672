/**
 * The few bytes of system memory that a program may ask for: who the chip is. The bootloader's code itself is not there; the board
 * plays its part.
 */
import type { H7Part } from '../../device/h7-part.js';
import type { AccessSize } from '../cpu/bus.js';
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';
import { reportChip } from './chip-violations.js';

/** System flash (RM0399 table 18), and the read-only area that H7A/H7B have behind user flash (UID_BASE of cmsis_device_h7 13ba9da). */
export function isSystemMemory(address: number): boolean {
  return (address >= 0x1ff00000 && address <= 0x1ff1ffff) || (address >= 0x08fff800 && address <= 0x08fffbff);
}

export class SystemMemory {
  readonly #bytes = new Map<number, number>();
  readonly #part: H7Part;
  readonly #violations: Violations;

  /** @param uid 12 bytes */
  constructor(part: H7Part, uid: Uint8Array, violations: Violations) {
    this.#part = part;
    this.#violations = violations;
    uid.forEach((byte, index) => this.#bytes.set(part.addresses.uniqueId + index, byte));
    this.#bytes.set(part.addresses.flashSize, part.flashSizeKiB & 0xff);
    this.#bytes.set(part.addresses.flashSize + 1, part.flashSizeKiB >> 8);
    // 16 bits wide; what a word read finds above it means nothing to anyone here.
    [2, 3].forEach((index) => this.#bytes.set(part.addresses.flashSize + index, 0xff));
    this.bootloaderVersion = 0;
  }

  get bootloaderVersion(): number {
    return this.#bytes.get(this.#part.addresses.bootloaderId) ?? 0;
  }

  set bootloaderVersion(version: number) {
    this.#bytes.set(this.#part.addresses.bootloaderId, version & 0xff);
  }

  read(address: number, size: AccessSize, tick: Tick): number {
    let value = 0;
    for (let index = size - 1; index >= 0; index--) {
      const byte = this.#bytes.get(address + index);
      if (byte === undefined) reportChip(this.#violations, 'register-not-modelled', `read of system memory at 0x${(address + index).toString(16)}`, tick);
      value = value * 256 + (byte ?? 0xff);
    }
    return value;
  }
}
