/**
 * The private peripheral bus, 0xE0000000-0xE003FFFF: which block of core registers answers an address. What no block knows is a bus
 * fault, except ITM and FPB, which are there and do nothing without a debugger. The external half from 0xE0040000 is the board's.
 */
import type { Tick } from '../../time.js';
import type { AccessSize } from '../bus.js';
import { BusFault } from '../bus.js';
import type { RegisterBlock } from './register-block.js';

/** Arm DDI 0403E §B3.1. */
export function isPrivateAddress(address: number): boolean {
  return address >>> 18 === 0xe0000000 >>> 18;
}

const CFSR = 0xe000ed28;

/** The only registers that take bytes and halfwords (PM0253 §4.2, §4.3): NVIC_IPRx, SHPR1-3 and CFSR. */
function takesParts(word: number): boolean {
  return (word >= 0xe000e400 && word < 0xe000e4f0) || (word >= 0xe000ed18 && word <= 0xe000ed20) || word === CFSR;
}

/** ITM, and FPB (Arm DDI 0403E §B3.1). */
const isSilent = (address: number): boolean => address < 0xe0001000 || (address >= 0xe0002000 && address < 0xe0003000);

export interface AddressedBlock {
  readonly first: number;
  readonly last: number;
  readonly block: RegisterBlock;
}

export class PrivatePeripherals {
  readonly #blocks: readonly AddressedBlock[];

  /** @param blocks in order of preference where their ranges overlap. */
  constructor(blocks: readonly AddressedBlock[]) {
    this.#blocks = blocks;
  }

  reset(tick: Tick): void {
    for (const { block } of this.#blocks) block.reset(tick);
  }

  /** @throws BusFault where there is no register. */
  read(address: number, size: AccessSize, tick: Tick): number {
    const word = (address & ~3) >>> 0;
    const value = this.#blockAt(word)?.read(word, tick) ?? (isSilent(word) ? 0 : undefined);
    if (value === undefined) throw new BusFault(address, 'no core register there');
    const part = value >>> (8 * (address & 3));
    return size === 4 ? part : part & (2 ** (8 * size) - 1);
  }

  /** @throws BusFault where there is no register, or none that takes less than a word. */
  write(address: number, size: AccessSize, value: number, tick: Tick): void {
    const word = (address & ~3) >>> 0;
    if (size !== 4 && !takesParts(word)) throw new BusFault(address, 'this core register is written by whole words');
    const whole = size === 4 ? value : this.#merge(word, address & 3, size, value, tick);
    const isTaken = this.#blockAt(word)?.write(word, whole, tick) ?? false;
    if (!isTaken && !isSilent(word)) throw new BusFault(address, 'no core register there');
  }

  #blockAt(word: number): RegisterBlock | undefined {
    for (const { first, last, block } of this.#blocks) if (word >= first && word <= last) return block;
    return undefined;
  }

  /** CFSR's bits are cleared by ones, so its other bytes are written as zero; elsewhere they keep their values. */
  #merge(word: number, offset: number, size: AccessSize, value: number, tick: Tick): number {
    const mask = (2 ** (8 * size) - 1) << (8 * offset);
    const others = word === CFSR ? 0 : this.read(word, 4, tick) & ~mask;
    return others | ((value << (8 * offset)) & mask);
  }
}
