/**
 * One stream of DMA1 or DMA2 (RM0433 §16): bytes between memory and the data register of a peripheral, single or circular.
 * The peripheral pushes and pulls; a stream never asks for time. Register addresses are the controller's business.
 */
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import type { DmaServer } from './dma-request.js';
import type { ChipServices } from './peripheral.js';
import { reportSerial } from './serial-violations.js';

/** Offsets within a stream's block. */
export const STREAM = { CR: 0x00, NDTR: 0x04, PAR: 0x08, M0AR: 0x0c, M1AR: 0x10, FCR: 0x14 } as const;

export const SCR = {
  EN: 1 << 0, DMEIE: 1 << 1, TEIE: 1 << 2, HTIE: 1 << 3, TCIE: 1 << 4, PFCTRL: 1 << 5, DIR: 3 << 6, M2P: 1 << 6, CIRC: 1 << 8,
  PINC: 1 << 9, MINC: 1 << 10, PSIZE: 3 << 11, MSIZE: 3 << 13, PL: 3 << 16, DBM: 1 << 18, TRBUFF: 1 << 20, PBURST: 3 << 21, MBURST: 3 << 23,
} as const;
/** Interrupt enables: the only bits besides EN that a running stream lets change. */
const CR_LIVE = SCR.EN | SCR.DMEIE | SCR.TEIE | SCR.HTIE | SCR.TCIE;
/** Bits 24:0 (RM0433, DMA_SxCR). */
const CR_MASK = 0x01ff_ffff;

/** Event flags, relative to the stream's place in LISR or HISR. */
export const EVENT = { FEIF: 1 << 0, DMEIF: 1 << 2, TEIF: 1 << 3, HTIF: 1 << 4, TCIF: 1 << 5 } as const;
const ALL_EVENTS = Object.values(EVENT).reduce((mask, event) => mask | event, 0);

export const FCR = { FTH: 3 << 0, DMDIS: 1 << 2, FS: 7 << 3, FEIE: 1 << 7 } as const;
const FCR_WRITABLE = FCR.FTH | FCR.DMDIS | FCR.FEIE;
/** Threshold half full, FIFO empty (RM0433, DMA_SxFCR). FS is read-only. */
const FCR_RESET = 0x21;
/** What none of our streams needs: double buffer, peripheral flow control, wider items, bursts, memory to memory, FIFO mode. */
const UNSUPPORTED_CR = SCR.PFCTRL | SCR.PINC | SCR.PSIZE | SCR.MSIZE | SCR.DBM | SCR.PBURST | SCR.MBURST | (2 << 6);

export class DmaStream implements DmaServer {
  readonly name: string;
  cr = 0;
  par = 0;
  /** Event flags at the positions of EVENT. */
  events = 0;
  /** Left behind by an earlier program, and not touched since. */
  isLeftover = false;
  readonly #services: ChipServices;
  #ndtr = 0;
  /** What NDTR reloads to: in a circle, or when a finished stream is enabled again. */
  #reload = 0;
  #m0ar = 0;
  #m1ar = 0;
  #fcr = FCR_RESET;

  constructor(name: string, services: ChipServices) {
    this.name = name;
    this.#services = services;
  }

  get isEnabled(): boolean {
    return (this.cr & SCR.EN) !== 0;
  }

  get direction(): 'peripheral-to-memory' | 'memory-to-peripheral' {
    return (this.cr & SCR.M2P) === 0 ? 'peripheral-to-memory' : 'memory-to-peripheral';
  }

  reset(): void {
    this.cr = this.par = this.events = 0;
    this.#ndtr = this.#reload = this.#m0ar = this.#m1ar = 0;
    this.#fcr = FCR_RESET;
    this.isLeftover = false;
  }

  /** As an earlier program left it: pointing from `registerAddress` into AXI SRAM, perhaps still running. */
  scramble(random: Random, registerAddress: number, trbuff: boolean): void {
    const circular = random.below(2) === 0;
    this.isLeftover = true;
    this.#m0ar = 0x2400_0000 + random.below(0x2_0000);
    this.par = registerAddress;
    this.#ndtr = this.#reload = 1 + random.below(0xffff);
    this.events = circular ? EVENT.HTIF : 0;
    this.cr = SCR.MINC | (circular ? SCR.CIRC : 0) | (trbuff ? SCR.TRBUFF : 0) | (random.below(2) === 0 ? SCR.EN : 0);
  }

  read(register: number): number {
    switch (register) {
      case STREAM.CR: return this.cr;
      case STREAM.NDTR: return this.#ndtr;
      case STREAM.PAR: return this.par;
      case STREAM.M0AR: return this.#m0ar;
      case STREAM.M1AR: return this.#m1ar;
      case STREAM.FCR: return this.#fcr;
      default: return 0;
    }
  }

  write(register: number, value: number, tick: Tick): void {
    this.isLeftover = false;
    if (register === STREAM.CR) {
      this.#writeCr(value & CR_MASK, tick);
      return;
    }
    if (this.isEnabled) {
      reportSerial(this.#services.violations, 'dma-write-while-enabled', `${this.name}: register +0x${register.toString(16)} with EN = 1`, tick);
      return;
    }
    switch (register) {
      case STREAM.NDTR: this.#ndtr = this.#reload = value & 0xffff; break;
      case STREAM.PAR: this.par = value >>> 0; break;
      case STREAM.M0AR: this.#m0ar = value >>> 0; break;
      case STREAM.M1AR: this.#m1ar = value >>> 0; break;
      case STREAM.FCR: this.#fcr = (value & FCR_WRITABLE) | (FCR_RESET & FCR.FS); break;
    }
  }

  store(bytes: Uint8Array, first: number, count: number, tick: Tick): number {
    let taken = 0;
    while (taken < count && this.isEnabled) {
      const part = Math.min(count - taken, this.#ndtr);
      const memory = this.#memory(part, tick);
      if (memory === undefined) break;
      const step = (this.cr & SCR.MINC) === 0 ? 0 : 1;
      for (let index = 0; index < part; index++) memory.bytes[memory.offset + index * step] = bytes[first + taken + index] ?? 0;
      taken += part;
      this.#count(part);
    }
    return taken;
  }

  load(tick: Tick): number | undefined {
    if (!this.isEnabled) return undefined;
    const memory = this.#memory(1, tick);
    if (memory === undefined) return undefined;
    const byte = memory.bytes[memory.offset];
    this.#count(1);
    return byte;
  }

  #writeCr(value: number, tick: Tick): void {
    const { violations } = this.#services;
    if (!this.isEnabled) {
      this.cr = value & ~SCR.EN;
      if ((value & SCR.EN) !== 0) this.#enable(tick);
      return;
    }
    if (((this.cr ^ value) & ~CR_LIVE) !== 0) {
      const bits = ((this.cr ^ value) & ~CR_LIVE).toString(16);
      reportSerial(violations, 'dma-write-while-enabled', `${this.name}: CR bits 0x${bits} changed with EN = 1`, tick);
    }
    this.cr = (this.cr & ~CR_LIVE) | (value & CR_LIVE);
    // A stream that is switched off in the middle says so with TCIF (RM0433 §16, stream suspension); NDTR keeps what was left.
    if (!this.isEnabled) this.events |= EVENT.TCIF;
  }

  #enable(tick: Tick): void {
    const { violations } = this.#services;
    if (this.events !== 0) {
      reportSerial(violations, 'dma-stale-flags', `${this.name}: enabled with event flags 0x${this.events.toString(16)} still set`, tick);
    }
    if ((this.cr & UNSUPPORTED_CR) !== 0 || (this.#fcr & FCR.DMDIS) !== 0) {
      const message = `${this.name}: CR 0x${this.cr.toString(16)}, FCR 0x${this.#fcr.toString(16)}: only bytes in direct mode are modelled`;
      reportSerial(violations, 'dma-unsupported-mode', message, tick);
      return;
    }
    if (this.#ndtr === 0) this.#ndtr = this.#reload;
    if (this.#ndtr === 0) {
      reportSerial(violations, 'dma-zero-length', `${this.name}: enabled with NDTR = 0`, tick);
      return;
    }
    this.#reload = this.#ndtr;
    this.cr |= SCR.EN;
  }

  /** The next `length` bytes of memory, or undefined after a transfer error. */
  #memory(length: number, tick: Tick): { readonly bytes: Uint8Array; readonly offset: number } | undefined {
    const increments = (this.cr & SCR.MINC) !== 0;
    const address = this.#m0ar + (increments ? this.#reload - this.#ndtr : 0);
    const memory = this.#services.dmaMemory(address, increments ? length : 1);
    if (memory !== undefined) return memory;
    this.cr &= ~SCR.EN;
    this.events |= EVENT.TEIF;
    reportSerial(this.#services.violations, 'dma-unreachable-memory', `${this.name}: no way to 0x${address.toString(16).padStart(8, '0')}`, tick);
    return undefined;
  }

  #count(length: number): void {
    const half = this.#reload >> 1;
    const before = this.#ndtr;
    this.#ndtr -= length;
    if (before > half && this.#ndtr <= half) this.events |= EVENT.HTIF;
    if (this.#ndtr > 0) return;
    this.events |= EVENT.TCIF;
    if ((this.cr & SCR.CIRC) !== 0) this.#ndtr = this.#reload;
    else this.cr &= ~SCR.EN;
  }

  /** LIFCR/HIFCR. */
  clearEvents(mask: number): void {
    this.events &= ~(mask & ALL_EVENTS);
  }
}
