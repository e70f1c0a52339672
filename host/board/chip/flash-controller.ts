/**
 * The embedded flash memory interface as a program sees it: registers at 0x52002000, bank 2's at +0x100, and the banks behind them.
 *
 * Registers that belong to no bank answer at both places (RM0399 table 19). Option bytes can be read, not changed; the CRC engine
 * of the controller is not modelled, since its initial value and bit order are documented nowhere.
 */
import type { H7Part } from '../../device/h7-part.js';
import { bankIndexAt } from '../../device/memory-map.js';
import type { AccessSize } from '../cpu/bus.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import { reportChip } from './chip-violations.js';
import type { FlashBankOptions } from './flash-bank-context.js';
import { FlashBank } from './flash-bank.js';
import type { FlashBankRegister, FlashLayout, FlashSharedRegister } from './flash-registers.js';
import {
  FLASH_BANK2_DISTANCE,
  FLASH_BANK_OFFSETS,
  FLASH_FAMILY_OFFSETS,
  FLASH_LAYOUTS,
  FLASH_OPTCR,
  FLASH_SHARED_OFFSETS,
} from './flash-registers.js';
import { bootCm4Value, bootValue, FLASH_OPTSR_TWO_BANKS, optsrValue } from './option-bytes.js';
import type { Peripheral } from './peripheral.js';
import { fieldOf, maskOf, narrowRead, narrowWrite } from './register-access.js';

export type FlashControllerOptions = Omit<FlashBankOptions, 'bankIndex' | 'layout'>;

export const FLASH_BASE = 0x52002000;

type Register = { readonly kind: 'bank'; readonly name: FlashBankRegister } | { readonly kind: 'shared'; readonly name: FlashSharedRegister };

export class FlashController implements Peripheral {
  readonly name = 'FLASH';
  readonly #o: FlashControllerOptions;
  readonly #layout: FlashLayout;
  readonly #banks: readonly FlashBank[];
  readonly #registers: ReadonlyMap<number, Register>;
  #acr = 0;

  constructor(options: FlashControllerOptions) {
    this.#o = options;
    this.#layout = FLASH_LAYOUTS[options.part.family];
    this.#banks = options.part.banks.map((_, bankIndex) => new FlashBank({ ...options, layout: this.#layout, bankIndex }));
    this.#registers = registerMap(options.part);
    this.reset();
  }

  read(offset: number, size: AccessSize, tick: Tick): number {
    const bank = this.#bankOf(offset);
    const register = this.#registers.get((offset % FLASH_BANK2_DISTANCE) & ~3);
    if (bank === undefined || register === undefined) {
      reportChip(this.#o.services.violations, 'register-not-modelled', `read of FLASH + 0x${offset.toString(16)}`, tick);
      return 0;
    }
    bank.sync(tick);
    return narrowRead(register.kind === 'shared' ? this.#shared(register.name) : this.#ofBank(bank, register.name), offset, size);
  }

  write(offset: number, size: AccessSize, value: number, tick: Tick): void {
    const bank = this.#bankOf(offset);
    const register = this.#registers.get((offset % FLASH_BANK2_DISTANCE) & ~3);
    if (bank === undefined || register === undefined) {
      reportChip(this.#o.services.violations, 'register-not-modelled', `write to FLASH + 0x${offset.toString(16)}`, tick);
      return;
    }
    bank.sync(tick);
    if (register.name === 'KEYR1') return bank.writeKey(FLASH_BASE + offset, value, size, tick);
    if (register.kind === 'bank') bank.checkKeySequence(FLASH_BASE + offset, tick);
    if (register.name === 'CR1') bank.writeCr(narrowWrite(bank.cr, offset, size, value), tick);
    else if (register.name === 'CCR1') bank.clearFlags(narrowWrite(0, offset, size, value));
    else if (register.name === 'ACR') this.#writeAcr(narrowWrite(this.#acr, offset, size, value), tick);
    else this.#refuse(register.name, value, tick);
  }

  /** A store to an address in user flash. */
  store(address: number, size: AccessSize, value: number, tick: Tick): void {
    const bank = this.#bankAt(address);
    bank.sync(tick);
    bank.store(address, size, value, tick);
  }

  /** A load from an address in user flash that is not open for direct reads. */
  load(address: number, size: AccessSize, tick: Tick): number {
    const bank = this.#bankAt(address);
    bank.sync(tick);
    return bank.load(address, size, tick);
  }

  sync(tick: Tick): void {
    for (const bank of this.#banks) bank.sync(tick);
  }

  nextChange(): Tick {
    let next = Infinity;
    for (const bank of this.#banks) next = Math.min(next, bank.nextChange());
    return next;
  }

  openQuietBanks(): void {
    for (const bank of this.#banks) bank.openIfQuiet();
  }

  /** What runs is cut off. @returns whether anything was running */
  abort(tick: Tick): boolean {
    return this.#banks.map((bank) => bank.abort(tick)).includes(true);
  }

  /** @param afterAbort an operation was cut off by a reset: draws whether the banks tell */
  reset(afterAbort?: Random): void {
    this.#acr = this.#layout.acrResetValue;
    for (const bank of this.#banks) bank.reset(afterAbort);
  }

  scramble(random: Random): void {
    for (const bank of this.#banks) bank.scramble(random);
  }

  #ofBank(bank: FlashBank, name: FlashBankRegister): number {
    switch (name) {
      case 'SR1': return bank.sr;
      case 'CR1': return bank.cr;
      case 'WPSN_CUR1':
      case 'WPSN_PRG1': return this.#o.optionBytes.wpsn[this.#banks.indexOf(bank)] ?? 0;
      case 'PRAR_CUR1':
      case 'PRAR_PRG1': return this.#o.optionBytes.prar[this.#banks.indexOf(bank)] ?? 0;
      case 'SCAR_CUR1':
      case 'SCAR_PRG1': return this.#o.optionBytes.scar[this.#banks.indexOf(bank)] ?? 0;
      case 'ECC_FA1': return bank.eccFailAddress;
      case 'KEYR1':
      case 'CCR1': return 0;
    }
  }

  #shared(name: FlashSharedRegister): number {
    const options = this.#o.optionBytes;
    const values: Readonly<Record<FlashSharedRegister, number>> = {
      ACR: this.#acr,
      OPTKEYR: 0,
      OPTCR: maskOf(FLASH_OPTCR.OPTLOCK),
      OPTSR_CUR: optsrValue(options),
      OPTSR_PRG: optsrValue(options),
      OPTCCR: 0,
      BOOT_CUR: bootValue(options),
      BOOT_PRG: bootValue(options),
      BOOT4_CUR: bootCm4Value(options),
      BOOT4_PRG: bootCm4Value(options),
      OPTSR2_CUR: options.tcmAxiShared,
      OPTSR2_PRG: options.tcmAxiShared,
    };
    return values[name];
  }

  #writeAcr(value: number, tick: Tick): void {
    const changed = value !== this.#acr;
    this.#acr = value;
    if (changed && this.#banks.some((bank) => bank.isBusy)) {
      reportChip(this.#o.services.violations, 'flash-timing-changed-while-busy', `FLASH_ACR = 0x${value.toString(16)}`, tick);
    }
  }

  #refuse(name: string, value: number, tick: Tick): void {
    const readOnly = name === 'SR1' || name === 'ECC_FA1' || name.includes('_CUR');
    const swapsBanks = name === 'OPTSR_PRG' && this.#banks.length === 2 && fieldOf(value, FLASH_OPTSR_TWO_BANKS.SWAP_BANK_OPT) === 1;
    const violation = readOnly ? 'register-read-only' : swapsBanks ? 'bank-swap' : 'option-byte-change';
    reportChip(this.#o.services.violations, violation, `write of 0x${value.toString(16)} to FLASH_${name}`, tick);
  }

  #bankOf(offset: number): FlashBank | undefined {
    return this.#banks[Math.floor(offset / FLASH_BANK2_DISTANCE)];
  }

  #bankAt(address: number): FlashBank {
    const bank = this.#banks[bankIndexAt(this.#o.part, address) ?? -1];
    if (bank === undefined) throw new RangeError(`0x${address.toString(16)} is not in user flash`);
    return bank;
  }
}

function registerMap(part: H7Part): ReadonlyMap<number, Register> {
  const map = new Map<number, Register>();
  for (const [name, offset] of Object.entries(FLASH_BANK_OFFSETS)) map.set(offset, { kind: 'bank', name: name as FlashBankRegister });
  const shared = { ...FLASH_SHARED_OFFSETS, ...FLASH_FAMILY_OFFSETS[part.family] };
  for (const [name, offset] of Object.entries(shared)) map.set(offset, { kind: 'shared', name: name as FlashSharedRegister });
  return map;
}
