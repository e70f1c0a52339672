/**
 * The request line between a peripheral and the DMA stream that DMAMUX routes it to, seen from both ends. Contracts only.
 */
import type { Tick } from '../time.js';

/** A peripheral's end. */
export interface DmaRequestLine {
  /** DMAMUX1 request number. */
  readonly id: number;
  /** `USART1_RX`, as DMAMUX names it. */
  readonly name: string;
  /** Where PAR must point. */
  readonly registerAddress: number;
  readonly direction: 'peripheral-to-memory' | 'memory-to-peripheral';
  /** The peripheral's DMA enable (DMAR, DMAT) is set and it is clocked. */
  isEnabled(): boolean;
  /** Brings the peripheral up to `tick`, and through it the stream that serves it. */
  catchUp(tick: Tick): void;
  /** A stream or a route has just become ready: what waits is moved now. */
  serve(tick: Tick): void;
}

/** A stream that is enabled, clocked, and points at the data register of the line that it serves. */
export interface DmaServer {
  /** Takes up to `count` bytes from `first`; fewer when the transfer ends or fails. */
  store(bytes: Uint8Array, first: number, count: number, tick: Tick): number;
  /** The next byte for the peripheral; undefined when the transfer has ended or fails. */
  load(tick: Tick): number | undefined;
}

/** The way from a request line to its stream. */
export interface DmaRouter {
  serverOf(line: DmaRequestLine): DmaServer | undefined;
  /** Brings all peripherals that have request lines, and through them the streams that serve them, up to `tick`. */
  catchUp(tick: Tick): void;
  /** A stream or a request was enabled, or a route changed: says what cannot work. */
  checkRoutes(tick: Tick): void;
}
