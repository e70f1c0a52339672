/**
 * The writable registers of a USART as they stand, who may change what and when, and the settings that they amount to.
 * Knows no line and no time beyond the tick of a complaint.
 */
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import type { Violations } from '../violations.js';
import { DIVIDER_MAX, DIVIDER_MIN, encodeBrr, usartDivider } from './baud.js';
import { reportSerial } from './serial-violations.js';
import { ABRMODE_SHIFT, CR1, CR2, CR3, NEEDS_DISABLED, STOP_SHIFT, UNSUPPORTED, USART } from './usart-registers.js';
import type { UsartSettings } from './usart-settings.js';
import { settingsFrom } from './usart-settings.js';

/** The registers that keep what is written to them. */
const STORED: readonly number[] = [USART.CR1, USART.CR2, USART.CR3, USART.BRR, USART.GTPR, USART.RTOR, USART.PRESC];

export class UsartRegisterFile {
  readonly #name: string;
  readonly #violations: Violations;
  /** Word by word, as they lie in memory. */
  readonly #values = new Uint32Array(USART.PRESC / 4 + 1);
  #settings: { readonly kernelHz: number; readonly value: UsartSettings } | undefined;

  constructor(name: string, violations: Violations) {
    this.#name = name;
    this.#violations = violations;
  }

  get(offset: number): number {
    return this.#values[offset >> 2] ?? 0;
  }

  /** Is any bit of `mask` set in the register? */
  has(offset: number, mask: number): boolean {
    return (this.get(offset) & mask) !== 0;
  }

  get isEnabled(): boolean {
    return this.has(USART.CR1, CR1.UE);
  }

  get oversampling(): 8 | 16 {
    return this.has(USART.CR1, CR1.OVER8) ? 8 : 16;
  }

  /** ABRMODE where ABREN asks for auto-baud. */
  get autobaudMode(): number | undefined {
    const cr2 = this.get(USART.CR2);
    return (cr2 & CR2.ABREN) === 0 ? undefined : (cr2 & CR2.ABRMODE) >> ABRMODE_SHIFT;
  }

  /** A store by the program: fields that need UE = 0 keep their value otherwise. */
  write(offset: number, value: number, tick: Tick): void {
    if (!STORED.includes(offset)) return;
    const held = this.isEnabled ? this.#heldMask(offset) : 0;
    const changed = (this.get(offset) ^ value) & held;
    if (changed !== 0) {
      const message = `${this.#name}: bits 0x${(changed >>> 0).toString(16)} of the register at +0x${offset.toString(16)} changed with UE = 1`;
      reportSerial(this.#violations, 'usart-write-while-enabled', message, tick);
    }
    this.#set(offset, (this.get(offset) & held) | (value & ~held));
  }

  /** UE has just been set: can this USART work at all? */
  checkEnabled(tick: Tick): void {
    const divider = usartDivider(this.get(USART.BRR), this.oversampling);
    if (divider < DIVIDER_MIN || divider > DIVIDER_MAX) {
      reportSerial(this.#violations, 'usart-brr-invalid', `${this.#name}: enabled with a divider of ${divider}`, tick);
    }
    for (const offset of [USART.CR1, USART.CR2, USART.CR3]) {
      const bits = this.get(offset) & (UNSUPPORTED[offset] ?? 0);
      if (bits === 0) continue;
      reportSerial(this.#violations, 'usart-unsupported-mode', `${this.#name}: bits 0x${(bits >>> 0).toString(16)} at +0x${offset.toString(16)}`, tick);
    }
  }

  /** Auto-baud writes BRR itself, with UE = 1. */
  setDivider(divider: number): void {
    this.#set(USART.BRR, encodeBrr(divider, this.oversampling));
  }

  settings(kernelHz: number): UsartSettings {
    if (this.#settings?.kernelHz !== kernelHz) this.#settings = { kernelHz, value: this.#settingsWith(this.get(USART.BRR), kernelHz) };
    return this.#settings.value;
  }

  settingsAt(divider: number, kernelHz: number): UsartSettings {
    return this.#settingsWith(encodeBrr(divider, this.oversampling), kernelHz);
  }

  reset(): void {
    this.#values.fill(0);
    this.#settings = undefined;
  }

  /** A plain asynchronous UART of any rate and frame, as some earlier program may have used it. */
  scramble(random: Random): void {
    const some = (bits: number): number => random.u32() & bits;
    this.#set(USART.CR1, some(CR1.UE | CR1.RE | CR1.TE | CR1.PS | CR1.PCE | CR1.M0 | CR1.OVER8 | CR1.FIFOEN));
    this.#set(USART.CR2, some(CR2.ABREN | CR2.ABRMODE | CR2.RTOEN) | (random.below(2) * 2) << STOP_SHIFT);
    this.#set(USART.CR3, some(CR3.DMAR | CR3.DMAT | CR3.ONEBIT | CR3.OVRDIS | CR3.DDRE));
    this.setDivider(DIVIDER_MIN + random.below(DIVIDER_MAX - DIVIDER_MIN));
    this.#set(USART.PRESC, random.below(12));
    this.#set(USART.RTOR, random.below(0x1_0000));
  }

  #set(offset: number, value: number): void {
    this.#values[offset >> 2] = value;
    this.#settings = undefined;
  }

  #heldMask(offset: number): number {
    const modeIsHeld = offset === USART.CR2 && this.has(USART.CR2, CR2.ABREN);
    return (NEEDS_DISABLED[offset] ?? 0) | (modeIsHeld ? CR2.ABRMODE : 0);
  }

  #settingsWith(brr: number, kernelHz: number): UsartSettings {
    const [cr1, cr2, cr3] = [this.get(USART.CR1), this.get(USART.CR2), this.get(USART.CR3)];
    return settingsFrom({ cr1, cr2, cr3, brr, presc: this.get(USART.PRESC), rtor: this.get(USART.RTOR) }, kernelHz);
  }
}
