/**
 * DMAMUX1 (RM0433 §18): which request moves which stream. Channels 0–7 are the streams of DMA1, 8–15 those of DMA2.
 * Also the place where both ends of every route are known, so where a route that cannot work is noticed.
 * Synchronisation and request generators are not modelled: a channel that waits for a trigger routes nothing.
 */
import type { AccessSize } from '../cpu/bus.js';
import type { Random } from '../random.js';
import type { Tick } from '../time.js';
import type { DmaRequestLine, DmaRouter, DmaServer } from './dma-request.js';
import type { DmaStream } from './dma-stream.js';
import type { Dma } from './dma.js';
import { STREAM_COUNT } from './dma.js';
import type { ChipServices, Peripheral } from './peripheral.js';
import { narrowRead } from './register-access.js';
import { reportSerial } from './serial-violations.js';
import type { Usart } from './usart.js';
import { USARTS } from './usart-registers.js';

const CHANNEL_COUNT = 16;
/** DMAMUX_CxCR. */
export const CXCR = {
  DMAREQ_ID: 0xff, SOIE: 1 << 8, EGE: 1 << 9, SE: 1 << 16, SPOL: 3 << 17, NBREQ: 0x1f << 19, SYNC_ID: 0x1f << 24,
} as const;
const CXCR_MASK = Object.values(CXCR).reduce((mask, field) => mask | field, 0);

/** A stream that runs, with what DMAMUX routes to it. */
interface Route {
  readonly stream: DmaStream;
  readonly line: DmaRequestLine | undefined;
}

export class Dmamux implements Peripheral, DmaRouter {
  readonly name = 'DMAMUX1';
  readonly #services: ChipServices;
  readonly #channels = new Uint32Array(CHANNEL_COUNT);
  #dmas: readonly Dma[] = [];
  #usarts: readonly Usart[] = [];
  /** By request number. */
  #lines: ReadonlyMap<number, DmaRequestLine> = new Map();

  constructor(options: { readonly services: ChipServices }) {
    this.#services = options.services;
  }

  /** Ties the ends together; once, when the chip is built. `dmas`: DMA1, DMA2. */
  connect(dmas: readonly Dma[], usarts: readonly Usart[]): void {
    this.#dmas = dmas;
    this.#usarts = usarts;
    this.#lines = new Map(usarts.flatMap(({ rxRequest, txRequest }) => [[rxRequest.id, rxRequest], [txRequest.id, txRequest]]));
    for (const part of [...dmas, ...usarts]) part.connect(this);
  }

  /** The request that moves a channel's stream. */
  lineOf(channel: number): DmaRequestLine | undefined {
    const ccr = this.#channels[channel] ?? 0;
    return (ccr & CXCR.SE) === 0 ? this.#lines.get(ccr & CXCR.DMAREQ_ID) : undefined;
  }

  serverOf(line: DmaRequestLine): DmaServer | undefined {
    for (let channel = 0; channel < CHANNEL_COUNT; channel++) {
      if (((this.#channels[channel] ?? 0) & (CXCR.DMAREQ_ID | CXCR.SE)) !== line.id) continue;
      const dma = this.#dmas[Math.floor(channel / STREAM_COUNT)];
      const stream = dma?.streams[channel % STREAM_COUNT];
      if (stream === undefined || !stream.isEnabled || dma?.isClocked !== true) continue;
      return stream.par === line.registerAddress && stream.direction === line.direction ? stream : undefined;
    }
    return undefined;
  }

  catchUp(tick: Tick): void {
    for (const usart of this.#usarts) usart.catchUp(tick);
  }

  checkRoutes(tick: Tick): void {
    const routes = this.#runningRoutes();
    for (const [index, route] of routes.entries()) {
      const { violations } = this.#services;
      const { stream, line } = route;
      // Where a leftover points is nobody's mistake, as long as no request moves it.
      const pointedAt = stream.isLeftover ? undefined : [...this.#lines.values()].find((other) => other.registerAddress === stream.par && other.isEnabled());
      if (pointedAt !== undefined && pointedAt !== line) {
        const routed = line === undefined ? 'no request' : line.name;
        reportSerial(violations, 'dmamux-wrong-request', `${stream.name} points at the register of ${pointedAt.name}, but has ${routed}`, tick);
      } else if (line?.isEnabled() === true && stream.par !== line.registerAddress) {
        const message = `${stream.name} serves ${line.name} and points at 0x${stream.par.toString(16).padStart(8, '0')}`;
        reportSerial(violations, 'dma-wrong-peripheral-address', message, tick);
      } else if (line?.isEnabled() === true && stream.direction !== line.direction) {
        reportSerial(violations, 'dma-wrong-direction', `${stream.name} serves ${line.name} and moves ${stream.direction}`, tick);
      }
      const twin = line === undefined ? undefined : routes.slice(0, index).find((other) => other.line === line);
      if (twin !== undefined) reportSerial(violations, 'dmamux-request-shared', `${line?.name} moves ${twin.stream.name} and ${stream.name}`, tick);
    }
  }

  read(offset: number, size: AccessSize): number {
    const word = this.#channels[offset >> 2] ?? 0;
    return narrowRead(word, offset, size);
  }

  write(offset: number, size: AccessSize, value: number, tick: Tick): void {
    const { violations } = this.#services;
    if (size !== 4) reportSerial(violations, 'dma-narrow-write', `DMAMUX1: ${size} byte(s) at +0x${offset.toString(16)}`, tick);
    const channel = offset >> 2;
    if (channel >= CHANNEL_COUNT) return;
    this.catchUp(tick);
    const stream = this.#dmas[Math.floor(channel / STREAM_COUNT)]?.streams[channel % STREAM_COUNT];
    if (stream?.isEnabled === true) {
      reportSerial(violations, 'dmamux-write-while-enabled', `DMAMUX1 channel ${channel} written while ${stream.name} runs`, tick);
    }
    this.#channels[channel] = value & CXCR_MASK;
    this.checkRoutes(tick);
    for (const line of this.#lines.values()) line.serve(tick);
  }

  reset(): void {
    this.#channels.fill(0);
  }

  scramble(random: Random): void {
    const requests = Object.values(USARTS).flatMap((usart) => [usart.rxRequest, usart.txRequest]);
    for (let channel = 0; channel < CHANNEL_COUNT; channel++) this.#channels[channel] = requests[random.below(requests.length * 3)] ?? 0;
  }

  #runningRoutes(): readonly Route[] {
    return this.#dmas.flatMap((dma, index) =>
      dma.isClocked
        ? dma.streams.flatMap((stream, place) => (stream.isEnabled ? [{ stream, line: this.lineOf(index * STREAM_COUNT + place) }] : []))
        : [],
    );
  }
}
