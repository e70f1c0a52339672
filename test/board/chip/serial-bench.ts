/** A chip reduced to what its serial peripherals ask of it: clocks and pins as a test sets them, one RAM, every violation recorded. */
import type { Parity } from '../../../host/link/line-settings.js';
import type { LineRun } from '../../../host/board/serial-line.js';
import type { Tick } from '../../../host/board/time.js';
import { Violations } from '../../../host/board/violations.js';
import { Dma } from '../../../host/board/chip/dma.js';
import { Dmamux } from '../../../host/board/chip/dmamux.js';
import type { ChipServices } from '../../../host/board/chip/peripheral.js';
import { Usart } from '../../../host/board/chip/usart.js';
import { CR1, ISR, USART } from '../../../host/board/chip/usart-registers.js';

export const RAM_BASE = 0x2400_0000;
export const KERNEL_HZ = 64_000_000;

export interface SerialBench {
  readonly usart1: Usart;
  readonly usart2: Usart;
  readonly dma1: Dma;
  readonly dma2: Dma;
  readonly dmamux: Dmamux;
  readonly ram: Uint8Array;
  readonly violations: Violations;
  /** Names of what was reported, in order. */
  names(): readonly string[];
  /** Clocks that are off; `kernel` is in Hz. */
  readonly clocksOff: Set<string>;
  kernelHz: number;
  /** `PA10:7` where PA10 is switched to AF7. */
  readonly pins: Set<string>;
  /** What left the chip, in order of hand-over. */
  readonly heard: { readonly pin: string; readonly run: LineRun }[];
  yields: number;
}

export function serialBench(options: { readonly trbuffNeeded?: boolean; readonly tolerated?: Iterable<string> | 'all' } = {}): SerialBench {
  const violations = new Violations(options.tolerated ?? 'all');
  const ram = new Uint8Array(0x8_0000);
  const services: ChipServices = {
    violations,
    isClocked: (name) => !bench.clocksOff.has(name),
    usartKernelHz: () => bench.kernelHz,
    hasAlternateFunction: (pin, af) => bench.pins.has(`${pin}:${af}`),
    dmaMemory: (address, length) =>
      address >= RAM_BASE && address + length <= RAM_BASE + ram.length ? { bytes: ram, offset: address - RAM_BASE } : undefined,
    stall: () => undefined,
    yieldSoon: () => {
      bench.yields++;
    },
  };
  const dmamux = new Dmamux({ services });
  const trbuffNeeded = options.trbuffNeeded ?? true;
  const dma1 = new Dma({ name: 'DMA1', services, trbuffNeeded, requestOf: (stream) => dmamux.lineOf(stream) });
  const dma2 = new Dma({ name: 'DMA2', services, trbuffNeeded, requestOf: (stream) => dmamux.lineOf(8 + stream) });
  const usart1 = new Usart({
    name: 'USART1', services,
    txPins: [{ pin: 'PA9', af: 7 }, { pin: 'PB14', af: 4 }], rxPins: [{ pin: 'PA10', af: 7 }, { pin: 'PB15', af: 4 }],
  });
  const usart2 = new Usart({ name: 'USART2', services, txPins: [{ pin: 'PA2', af: 7 }], rxPins: [{ pin: 'PA3', af: 7 }] });
  dmamux.connect([dma1, dma2], [usart1, usart2]);
  const bench: SerialBench = {
    usart1, usart2, dma1, dma2, dmamux, ram, violations,
    names: () => violations.seen.map(({ name }) => name),
    clocksOff: new Set(), kernelHz: KERNEL_HZ, pins: new Set(['PA9:7', 'PA10:7', 'PA2:7', 'PA3:7']), heard: [], yields: 0,
  };
  for (const usart of [usart1, usart2]) usart.onLineOut = (pin, run) => bench.heard.push({ pin, run });
  return bench;
}

export function run(bytes: readonly number[] | Uint8Array, startTick: Tick, baudRate: number, parity: Parity = 'even'): LineRun {
  return { bytes: Uint8Array.from(bytes), startTick, format: { baudRate, parity, stopBits: 1 } };
}

/** CR1 of 8E1. */
export const CR1_8E1 = CR1.M0 | CR1.PCE;

/** Sets BRR and enables the USART at `tick`: receiver and transmitter, 8E1 unless `cr1` says otherwise. */
export function enable(usart: Usart, brr: number, tick: Tick = 0, cr1: number = CR1_8E1): void {
  usart.write(USART.BRR, 4, brr, tick);
  usart.write(USART.CR1, 4, cr1 | CR1.UE | CR1.RE | CR1.TE, tick);
}

/** ISR at `tick`. */
export function status(usart: Usart, tick: Tick): number {
  return usart.read(USART.ISR, 4, tick);
}

/** Reads RDR while RXNE is set, at one moment. */
export function readAll(usart: Usart, tick: Tick): number[] {
  const words: number[] = [];
  while ((status(usart, tick) & ISR.RXNE) !== 0) words.push(usart.read(USART.RDR, 4, tick));
  return words;
}

/** The words of every character that completes until `until`, read as `nextChange` announces them. */
export function receiveUntil(usart: Usart, until: Tick): { readonly word: number; readonly tick: Tick; readonly isr: number }[] {
  const characters: { word: number; tick: Tick; isr: number }[] = [];
  for (let tick = usart.nextChange(0); tick <= until; tick = usart.nextChange(tick)) {
    const isr = status(usart, tick);
    if ((isr & ISR.RXNE) !== 0) characters.push({ word: usart.read(USART.RDR, 4, tick), tick, isr });
    usart.write(USART.ICR, 4, ISR.PE | ISR.FE | ISR.NE | ISR.ORE | ISR.IDLE, tick);
  }
  return characters;
}
