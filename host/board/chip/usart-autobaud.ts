/**
 * Hardware auto-baud (RM0433 §48): the bit time is measured on the edges of the first character after arming, whatever it is.
 * Pure; knows neither registers nor who armed it.
 *
 * The manual does not say how far an edge may be from its place before ABRE is set; here it is half a bit of the first measurement,
 * where a receiver that samples in the middle of its bits would take the neighbour for it.
 */
import type { Tick } from '../time.js';
import { TICKS_PER_SECOND } from '../time.js';
import { DIVIDER_MAX, DIVIDER_MIN } from './baud.js';
import type { UsartSettings } from './usart-settings.js';
import type { LineWaveform } from './usart-waveform.js';

/** Places of the edges after the first falling one, in bit times; they rise and fall in turn. By ABRMODE. */
const EDGE_PLACES = [
  [1], // a character whose first data bit is 1
  [1, 2], // a character that begins 10xx
  [1, 8], // 0x7F
  [1, 2, 3, 4, 5, 6, 7, 8], // 0x55
] as const;

export interface AutobaudMeasurement {
  /** USARTDIV, or undefined where the measured bit time does not fit: BRR then stays. */
  readonly divider: number | undefined;
  /** The edges were where the pattern of the mode has them; otherwise ABRE. */
  readonly isPlausible: boolean;
  readonly decidedAt: Tick;
}

/**
 * Measures the character whose start bit falls at `startTick`. A failure leaves the last measurement in BRR, taken from an edge that
 * belongs elsewhere: the manual only says that BRR may be corrupted.
 */
export function measureBaud(waveform: LineWaveform, startTick: Tick, mode: number, settings: UsartSettings): AutobaudMeasurement {
  const places = EDGE_PLACES[mode & 3] ?? EDGE_PLACES[0];
  // Kernel clocks per bit are USARTDIV with 16 samples and half of it with 8.
  const dividerTicks = TICKS_PER_SECOND / settings.clockHz / (settings.oversampling === 16 ? 1 : 2);
  const longestBit = (DIVIDER_MAX + 1) * dividerTicks;

  const rise = waveform.nextEdge(startTick, 1);
  if (rise === undefined || rise.tick - startTick > longestBit) return { divider: undefined, isPlausible: false, decidedAt: startTick + longestBit };
  let bitTicks = rise.tick - startTick;
  const firstBit = bitTicks;
  let last = rise.tick;
  for (const [index, place] of places.slice(1).entries()) {
    const latest = startTick + (place + 0.5) * firstBit;
    const edge = waveform.nextEdge(last, index % 2 === 0 ? 0 : 1);
    if (edge === undefined || edge.tick > latest) return { divider: fit(firstBit / dividerTicks), isPlausible: false, decidedAt: latest };
    last = edge.tick;
    bitTicks = (last - startTick) / place;
    if (last - startTick < (place - 0.5) * firstBit) return { divider: fit(bitTicks / dividerTicks), isPlausible: false, decidedAt: last };
  }
  const divider = fit(bitTicks / dividerTicks);
  return { divider, isPlausible: divider !== undefined, decidedAt: last };
}

function fit(measured: number): number | undefined {
  const divider = Math.round(measured);
  return divider >= DIVIDER_MIN && divider <= DIVIDER_MAX ? divider : undefined;
}
