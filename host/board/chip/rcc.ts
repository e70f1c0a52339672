/**
 * Reset and clock control: which peripheral is clocked, which is held in reset, how fast the USARTs count, why the chip was reset.
 *
 * Clocks: the internal oscillators only. HSI and CSI are ready at once; HSE (no crystal is fitted) and the PLLs never are.
 */
import type { H7Family } from '../../device/h7-part.js';
import type { AccessSize } from '../cpu/bus.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';
import { reportChip } from './chip-violations.js';
import type { Peripheral } from './peripheral.js';
import type { ClockEnable, RccRegister } from './rcc-registers.js';
import {
  CLOCK_ENABLES,
  RCC_CFGR,
  RCC_CORE_ALIAS_DISTANCE,
  RCC_CR,
  RCC_D1CFGR,
  RCC_D2CCIP2R,
  RCC_D2CFGR,
  RCC_OFFSETS_H743,
  RCC_RSR,
} from './rcc-registers.js';
import { fieldOf, maskOf, narrowRead, narrowWrite, withField } from './register-access.js';

const HSI_HZ = 64_000_000;
const CSI_HZ = 4_000_000;
/** CFGR.SW and SWS: 0 HSI, 1 CSI, 2 HSE, 3 PLL1 (RM0433, RCC_CFGR). */
const SYSTEM_CLOCK_CSI = 1;
/** D2CCIP2R.USARTxSEL: 0 pclk, 1 pll2_q, 2 pll3_q, 3 hsi_ker, 4 csi_ker, 5 lse (RM0433, RCC_D2CCIP2R). */
const KERNEL_CLOCK_PCLK = 0;
const KERNEL_CLOCK_HSI = 3;
const KERNEL_CLOCK_CSI = 4;

/** RM0433 table "Reset source identification": POR sets all but the flags of events. */
const RESET_FLAGS = {
  power: ['CPURSTF', 'D1RSTF', 'D2RSTF', 'BORRSTF', 'PINRSTF', 'PORRSTF'],
  pin: ['CPURSTF', 'PINRSTF'],
  software: ['CPURSTF', 'PINRSTF', 'SFTRSTF'],
  iwdg: ['CPURSTF', 'PINRSTF', 'IWDG1RSTF'],
} as const satisfies Record<string, readonly (keyof typeof RCC_RSR)[]>;

export type ResetCause = keyof typeof RESET_FLAGS;

const READY_FLAGS = [
  [RCC_CR.HSION, RCC_CR.HSIRDY],
  [RCC_CR.CSION, RCC_CR.CSIRDY],
  [RCC_CR.HSI48ON, RCC_CR.HSI48RDY],
] as const;
const ABSENT_SOURCES = maskOf(RCC_CR.HSEON) | maskOf(RCC_CR.PLL1ON) | maskOf(RCC_CR.PLL2ON) | maskOf(RCC_CR.PLL3ON);
const READ_ONLY_CR = [RCC_CR.HSIRDY, RCC_CR.HSIDIVF, RCC_CR.CSIRDY, RCC_CR.HSI48RDY, RCC_CR.HSERDY, RCC_CR.PLL1RDY, RCC_CR.PLL2RDY, RCC_CR.PLL3RDY];

export interface RccOptions {
  readonly family: H7Family;
  readonly violations: Violations;
  /** A peripheral's RSTR bit went to 1. */
  readonly onPeripheralReset: (name: string) => void;
  /** An enable or reset bit changed. */
  readonly onClocksChanged: () => void;
}

export class Rcc implements Peripheral {
  readonly name = 'RCC';
  readonly #options: RccOptions;
  readonly #enables: Readonly<Record<string, ClockEnable>>;
  readonly #nameAt: ReadonlyMap<number, RccRegister>;
  readonly #values = new Map<RccRegister, number>();
  /** What isClocked has said since a register changed: every access of the core asks. */
  readonly #clocked = new Map<string, boolean>();

  constructor(options: RccOptions) {
    this.#options = options;
    this.#enables = CLOCK_ENABLES[options.family];
    this.#nameAt = registerMap(options.family);
    this.reset();
  }

  read(offset: number, size: AccessSize, tick: Tick): number {
    const name = this.#nameAt.get(offset & ~3);
    if (name !== undefined) return narrowRead(this.#value(name), offset, size);
    reportChip(this.#options.violations, 'register-not-modelled', `read of RCC + 0x${offset.toString(16)}`, tick);
    return 0;
  }

  write(offset: number, size: AccessSize, value: number, tick: Tick): void {
    const name = this.#nameAt.get(offset & ~3);
    if (name === undefined) {
      reportChip(this.#options.violations, 'register-not-modelled', `write to RCC + 0x${offset.toString(16)}`, tick);
      return;
    }
    this.#clocked.clear();
    const old = this.#value(name);
    const written = narrowWrite(old, offset, size, value);
    if (name === 'CR') this.#writeCr(written, tick);
    else if (name === 'CFGR') this.#writeCfgr(written, tick);
    else if (name === 'RSR') this.#values.set(name, written & maskOf(RCC_RSR.RMVF) ? 0 : old);
    else this.#values.set(name, written);
    if (name.endsWith('RSTR')) this.#resetPeripherals(name, written & ~old);
    if (name.endsWith('RSTR') || name.endsWith('ENR')) this.#options.onClocksChanged();
  }

  /** System reset. The reset flags stay: they tell of it. */
  reset(): void {
    const resetFlags = this.#value('RSR');
    this.#values.clear();
    this.#clocked.clear();
    this.#values.set('RSR', resetFlags);
    this.#values.set('CR', maskOf(RCC_CR.HSION));
  }

  scramble(random: Random): void {
    for (const { register, position } of Object.values(this.#enables)) {
      if (random.below(2) === 1) this.#values.set(register, (this.#value(register) | (1 << position)) >>> 0);
    }
    this.#clocked.clear();
    this.#options.onClocksChanged();
  }

  /** Flags accumulate until RMVF clears them; a power-on reset starts afresh (RM0433, RCC_RSR). */
  recordReset(cause: ResetCause): void {
    const flags = RESET_FLAGS[cause].reduce((sum, flag) => sum | maskOf(RCC_RSR[flag]), 0);
    this.#values.set('RSR', (cause === 'power' ? flags : flags | this.#value('RSR')) >>> 0);
  }

  /** Clocked, and not held in reset. */
  isClocked(name: string): boolean {
    let isClocked = this.#clocked.get(name);
    if (isClocked === undefined) this.#clocked.set(name, (isClocked = this.#lookUpClock(name)));
    return isClocked;
  }

  #lookUpClock(name: string): boolean {
    const enable = this.#enables[name];
    if (enable === undefined) return true;
    const bit = 1 << enable.position;
    return (this.#value(enable.register) & bit) !== 0 && (this.#value(enable.resetRegister) & bit) === 0;
  }

  /** Hz; 0 when the chosen source does not run. USART1 hangs on APB2, the others on APB1. */
  usartKernelHz(name: string): number {
    const onApb2 = name === 'USART1';
    const source = fieldOf(this.#value('D2CCIP2R'), onApb2 ? RCC_D2CCIP2R.USART16SEL : RCC_D2CCIP2R.USART28SEL);
    if (source === KERNEL_CLOCK_HSI) return this.#hsiHz();
    if (source === KERNEL_CLOCK_CSI) return fieldOf(this.#value('CR'), RCC_CR.CSION) ? CSI_HZ : 0;
    if (source !== KERNEL_CLOCK_PCLK) return 0;
    const divider = fieldOf(this.#value('D2CFGR'), onApb2 ? RCC_D2CFGR.D2PPRE2 : RCC_D2CFGR.D2PPRE1);
    return this.#hclkHz() / apbDivider(divider);
  }

  #hsiHz(): number {
    const cr = this.#value('CR');
    return fieldOf(cr, RCC_CR.HSION) ? HSI_HZ >>> fieldOf(cr, RCC_CR.HSIDIV) : 0;
  }

  #hclkHz(): number {
    const systemHz = fieldOf(this.#value('CFGR'), RCC_CFGR.SWS) === SYSTEM_CLOCK_CSI ? CSI_HZ : this.#hsiHz();
    const d1cfgr = this.#value('D1CFGR');
    return systemHz / ahbDivider(fieldOf(d1cfgr, RCC_D1CFGR.D1CPRE)) / ahbDivider(fieldOf(d1cfgr, RCC_D1CFGR.HPRE));
  }

  #writeCr(written: number, tick: Tick): void {
    if (written & ABSENT_SOURCES) reportChip(this.#options.violations, 'clock-not-modelled', `RCC_CR = 0x${written.toString(16)}`, tick);
    const readOnly = READ_ONLY_CR.reduce((mask, field) => mask | maskOf(field), 0);
    // Hardware refuses to stop the oscillator that is the system clock (RM0433, RCC_CR.HSION).
    const kept = fieldOf(this.#value('CFGR'), RCC_CFGR.SWS) === SYSTEM_CLOCK_CSI ? RCC_CR.CSION : RCC_CR.HSION;
    this.#values.set('CR', ((written & ~readOnly) | maskOf(kept)) >>> 0);
  }

  #writeCfgr(written: number, tick: Tick): void {
    const wanted = fieldOf(written, RCC_CFGR.SW);
    const current = fieldOf(this.#value('CFGR'), RCC_CFGR.SWS);
    if (wanted > SYSTEM_CLOCK_CSI) reportChip(this.#options.violations, 'clock-not-modelled', `RCC_CFGR.SW = ${wanted}`, tick);
    const runs = wanted === SYSTEM_CLOCK_CSI ? fieldOf(this.#value('CR'), RCC_CR.CSION) === 1 : wanted === 0;
    this.#values.set('CFGR', withField(written, RCC_CFGR.SWS, runs ? wanted : current));
  }

  #resetPeripherals(register: RccRegister, risen: number): void {
    for (const [name, enable] of Object.entries(this.#enables)) {
      if (enable.resetRegister === register && risen & (1 << enable.position)) this.#options.onPeripheralReset(name);
    }
  }

  #value(name: RccRegister): number {
    const value = this.#values.get(name) ?? 0;
    if (name !== 'CR') return value;
    return READY_FLAGS.reduce((cr, [on, ready]) => withField(cr, ready, fieldOf(value, on)), withField(value, RCC_CR.HSIDIVF, 1));
  }
}

function registerMap(family: H7Family): ReadonlyMap<number, RccRegister> {
  const map = new Map<number, RccRegister>();
  for (const [key, offset] of Object.entries(RCC_OFFSETS_H743)) {
    const name = key as RccRegister;
    const isPerCore = name === 'RSR' || name.endsWith('ENR');
    if (isPerCore) map.set(offset + RCC_CORE_ALIAS_DISTANCE, name);
    if (!isPerCore || family !== 'H7Ax') map.set(offset, name);
  }
  return map;
}

/** HPRE and D1CPRE: 0xxx 1, then 2, 4, 8, 16, 64 … 512: there is no 32 (RM0433, RCC_D1CFGR). */
function ahbDivider(code: number): number {
  if (code < 8) return 1;
  return 2 ** (code < 12 ? code - 7 : code - 6);
}

/** D2PPREx: 0xx 1, then 2, 4, 8, 16 (RM0433, RCC_D2CFGR). */
function apbDivider(code: number): number {
  return code < 4 ? 1 : 2 ** (code - 3);
}
