/**
 * Auto-baud as it looks from the line (AN2606, note on USART detection): the time between the first two falling edges is taken for
 * the eight bits of 0x7F, whatever the byte was. Any other first byte latches a wrong rate, and only a reset mends that.
 */
import type { LineWaveform } from '../chip/usart-waveform.js';
import { DIVIDER_MAX, DIVIDER_MIN } from '../chip/baud.js';
import type { Tick } from '../time.js';

export interface BaudMeasure {
  /** The falling edge of the start bit. */
  readonly startTick: Tick;
  /** The second falling edge: now the rate is known. */
  readonly knownTick: Tick;
  /** What the hardware writes into BRR: clocks of the 64 MHz kernel per bit. */
  readonly brr: number;
}

const MEASURED_BITS = 8;

/** Measures the first frame that begins at or after `armedTick`; undefined while the line has not shown two falling edges. */
export function measureBaud(waveform: LineWaveform, armedTick: Tick): BaudMeasure | undefined {
  const start = waveform.nextEdge(armedTick, 0);
  const rise = start && waveform.nextEdge(start.tick, 1);
  const second = rise && waveform.nextEdge(rise.tick, 0);
  if (start === undefined || second === undefined) return undefined;
  const brr = Math.round((second.tick - start.tick) / MEASURED_BITS);
  return { startTick: start.tick, knownTick: second.tick, brr };
}

export function isInRange({ brr }: BaudMeasure): boolean {
  return brr >= DIVIDER_MIN && brr <= DIVIDER_MAX;
}
