/** What the parts of one flash bank share: the facts they work with, and the flags in which they leave their marks. */
import type { H7Part } from '../../device/h7-part.js';
import { bankLengthBytes } from '../../device/memory-map.js';
import type { Tick } from '../time.js';
import type { ChipViolation } from './chip-violations.js';
import { reportChip } from './chip-violations.js';
import type { FlashMemory } from './flash-memory.js';
import type { FlashLayout } from './flash-registers.js';
import type { OptionBytes } from './option-bytes.js';
import type { ChipServices } from './peripheral.js';
import type { Field } from './register-access.js';
import { maskOf } from './register-access.js';

export interface FlashBankOptions {
  readonly part: H7Part;
  /** 0 for bank 1. */
  readonly bankIndex: number;
  readonly memory: FlashMemory;
  readonly layout: FlashLayout;
  readonly optionBytes: OptionBytes;
  /** Which column of the datasheet. */
  readonly timing: 'typical' | 'maximum';
  readonly services: Pick<ChipServices, 'violations' | 'stall'>;
  /** RDP level 1 and the core did not boot from user flash. */
  readonly isReadOutProtected: () => boolean;
}

export class FlashBankContext {
  readonly options: FlashBankOptions;
  /** 1 or 2, as the manual counts. */
  readonly number: number;
  readonly base: number;
  readonly lengthBytes: number;
  readonly sectorCount: number;
  /** FLASH_SR from bit 16 up: what stays until FLASH_CCR clears it. */
  flags = 0;

  constructor(options: FlashBankOptions) {
    const bank = options.part.banks[options.bankIndex];
    if (bank === undefined) throw new RangeError(`${options.part.name} has no flash bank ${options.bankIndex + 1}`);
    this.options = options;
    this.number = options.bankIndex + 1;
    this.base = bank.base;
    this.lengthBytes = bankLengthBytes(options.part, bank);
    this.sectorCount = bank.sectorCount;
  }

  raise(flag: Field): void {
    this.flags = (this.flags | maskOf(flag)) >>> 0;
  }

  violate(name: ChipViolation, message: string, tick: Tick): void {
    reportChip(this.options.services.violations, name, message, tick);
  }
}

export function hexAddress(address: number): string {
  return `0x${address.toString(16).padStart(8, '0')}`;
}
