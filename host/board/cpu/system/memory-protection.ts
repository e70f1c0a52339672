/** MPU registers as storage (PM0253 §4.6). Switching it on is refused aloud: nothing here would enforce it. */
import { UnmodelledFeature } from '../faults.js';
import type { RegisterBlock } from './register-block.js';

const TYPE = 0xe000ed90;
const CTRL = 0xe000ed94;
const RNR = 0xe000ed98;
/** RBAR and RASR, then three aliases of the pair for the neighbouring regions. */
const FIRST_PAIR = 0xe000ed9c;
const LAST = 0xe000edb8;

const REGION_COUNT = 16;
export const MPU_CTRL = { ENABLE: 1 << 0, HFNMIENA: 1 << 1, PRIVDEFENA: 1 << 2 } as const;
const CTRL_MASK = MPU_CTRL.ENABLE | MPU_CTRL.HFNMIENA | MPU_CTRL.PRIVDEFENA;
/** PM0253 §4.6, MPU_RBAR. */
const RBAR_VALID = 1 << 4;

export class MemoryProtection implements RegisterBlock {
  #control = 0;
  #region = 0;
  readonly #base = new Uint32Array(REGION_COUNT);
  readonly #attributes = new Uint32Array(REGION_COUNT);
  readonly #r: Int32Array;

  constructor(r: Int32Array) {
    this.#r = r;
  }

  reset(): void {
    this.#control = 0;
    this.#region = 0;
    this.#base.fill(0);
    this.#attributes.fill(0);
  }

  read(address: number): number | undefined {
    if (address === TYPE) return REGION_COUNT << 8;
    if (address === CTRL) return this.#control;
    if (address === RNR) return this.#region;
    if (address > LAST) return undefined;
    const { region, isBase } = this.#pairAt(address);
    return isBase ? this.#base[region]! | region : this.#attributes[region];
  }

  write(address: number, value: number): boolean {
    if (address > LAST) return false;
    if (address === CTRL) {
      if ((value & MPU_CTRL.ENABLE) !== 0) throw new UnmodelledFeature('an enabled MPU', this.#r[15]!);
      this.#control = value & CTRL_MASK;
    } else if (address === RNR) {
      this.#region = value & (REGION_COUNT - 1);
    } else if (address >= FIRST_PAIR) {
      this.#writePair(address, value);
    }
    return true;
  }

  #writePair(address: number, value: number): void {
    if (this.#pairAt(address).isBase && (value & RBAR_VALID) !== 0) this.#region = value & (REGION_COUNT - 1);
    const { region, isBase } = this.#pairAt(address);
    if (isBase) this.#base[region] = value & ~0x1f;
    else this.#attributes[region] = value;
  }

  /** Alias n addresses region RNR[7:2]:n. */
  #pairAt(address: number): { readonly region: number; readonly isBase: boolean } {
    const word = (address - FIRST_PAIR) >>> 2;
    const alias = word >>> 1;
    return { region: alias === 0 ? this.#region : (this.#region & ~3) | alias, isBase: word % 2 === 0 };
  }
}
