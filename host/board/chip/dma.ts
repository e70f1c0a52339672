/**
 * DMA1 or DMA2 (RM0433 §16): eight streams and their event flags. Counters run lazily: every access first brings the peripherals up to
 * date whose requests arrive here, and they move the bytes.
 * Serves byte streams of USARTs; any other mode is a named violation.
 */
import type { AccessSize } from '../cpu/bus.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import type { DmaRequestLine, DmaRouter } from './dma-request.js';
import { DmaStream, SCR } from './dma-stream.js';
import type { ChipServices, Peripheral } from './peripheral.js';
import { narrowRead } from './register-access.js';
import { reportSerial } from './serial-violations.js';
import { USART, USARTS } from './usart-registers.js';

export const DMA = { LISR: 0x00, HISR: 0x04, LIFCR: 0x08, HIFCR: 0x0c } as const;
export const STREAM_COUNT = 8;
/** Stream x lies at 0x10 + 0x18 · x (RM0433, DMA_SxCR). */
export const STREAMS = { first: 0x10, distance: 0x18 } as const;
/** Where the flags of streams 0–3 lie in LISR, and of 4–7 in HISR. */
export const FLAG_SHIFTS = [0, 6, 16, 22] as const;

export interface DmaOptions {
  readonly name: 'DMA1' | 'DMA2';
  readonly services: ChipServices;
  /** The request that DMAMUX routes to a stream. */
  readonly requestOf: (stream: number) => DmaRequestLine | undefined;
  /**
   * Silicon with the TRBUFF bit, where erratum 2.22 lets a UART stream lock up without it: 0x450 from REV_ID 0x2000 on, every 0x483 and
   * 0x480. Elsewhere the bit does not exist.
   */
  readonly trbuffNeeded: boolean;
}

export class Dma implements Peripheral {
  readonly name: 'DMA1' | 'DMA2';
  readonly streams: readonly DmaStream[];
  readonly #options: DmaOptions;
  #router: DmaRouter | undefined;

  constructor(options: DmaOptions) {
    this.name = options.name;
    this.#options = options;
    this.streams = Array.from({ length: STREAM_COUNT }, (_, index) => new DmaStream(`${options.name} stream ${index}`, options.services));
  }

  /** Called once, by `Dmamux.connect`. */
  connect(router: DmaRouter): void {
    this.#router = router;
  }

  get isClocked(): boolean {
    return this.#options.services.isClocked(this.name);
  }

  requestOf(stream: number): DmaRequestLine | undefined {
    return this.#options.requestOf(stream);
  }

  sync(tick: Tick): void {
    this.#router?.catchUp(tick);
  }

  read(offset: number, size: AccessSize, tick: Tick): number {
    const word = offset < STREAMS.first ? this.#readFlags(offset & ~3, tick) : this.#readStream((offset & ~3) - STREAMS.first, tick);
    return narrowRead(word, offset, size);
  }

  write(offset: number, size: AccessSize, value: number, tick: Tick): void {
    this.sync(tick);
    const { violations } = this.#options.services;
    if (size !== 4) reportSerial(violations, 'dma-narrow-write', `${this.name}: ${size} byte(s) at +0x${offset.toString(16)}`, tick);
    if (offset === DMA.LIFCR || offset === DMA.HIFCR) {
      for (const [place, shift] of FLAG_SHIFTS.entries()) this.#flagged(offset === DMA.HIFCR, place)?.clearEvents(value >>> shift);
      return;
    }
    const index = Math.floor((offset - STREAMS.first) / STREAMS.distance);
    const stream = this.streams[index];
    if (stream === undefined) return;
    const wasEnabled = stream.isEnabled;
    stream.write((offset - STREAMS.first) % STREAMS.distance, value, tick);
    if (stream.isEnabled && !wasEnabled) this.#enabled(index, stream, tick);
  }

  reset(): void {
    for (const stream of this.streams) stream.reset();
  }

  scramble(random: Random): void {
    const leftovers = Object.values(USARTS);
    for (const stream of this.streams) {
      const usart = leftovers[random.below(leftovers.length * 3)];
      if (usart !== undefined) stream.scramble(random, usart.base + USART.RDR, this.#options.trbuffNeeded);
    }
  }

  #enabled(index: number, stream: DmaStream, tick: Tick): void {
    const line = this.requestOf(index);
    if (line !== undefined) this.#checkTrbuff(line, stream, tick);
    this.#router?.checkRoutes(tick);
    line?.serve(tick);
  }

  #checkTrbuff(line: DmaRequestLine, stream: DmaStream, tick: Tick): void {
    const { trbuffNeeded, services } = this.#options;
    const isSet = (stream.cr & SCR.TRBUFF) !== 0;
    if (trbuffNeeded && !isSet) {
      reportSerial(services.violations, 'dma-uart-without-trbuff', `${stream.name} serves ${line.name} with TRBUFF = 0 (erratum 2.22)`, tick);
    } else if (!trbuffNeeded && isSet) {
      reportSerial(services.violations, 'dma-trbuff-missing', `${stream.name} serves ${line.name} with TRBUFF, which this revision lacks`, tick);
    }
  }

  #flagged(isHigh: boolean, place: number): DmaStream | undefined {
    return this.streams[(isHigh ? 4 : 0) + place];
  }

  #readFlags(offset: number, tick: Tick): number {
    this.sync(tick);
    if (offset !== DMA.LISR && offset !== DMA.HISR) return 0;
    return FLAG_SHIFTS.reduce<number>((flags, shift, place) => flags | ((this.#flagged(offset === DMA.HISR, place)?.events ?? 0) << shift), 0);
  }

  /** Programs poll these: nobody moves a stream but the peripheral whose request is routed to it, so the others may stay behind. */
  #readStream(offset: number, tick: Tick): number {
    const index = Math.floor(offset / STREAMS.distance);
    this.requestOf(index)?.catchUp(tick);
    return this.streams[index]?.read(offset % STREAMS.distance) ?? 0;
  }
}

