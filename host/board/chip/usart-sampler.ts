/**
 * One character as a receiver samples it from the line at its own bit times (RM0433 §48): what comes out when the sender's
 * settings are others, or when listening begins in the middle of a character. Pure; keeps nothing.
 */
import type { Tick } from '../time.js';
import { ISR } from './usart-registers.js';
import type { UsartSettings } from './usart-settings.js';
import type { LineWaveform } from './usart-waveform.js';

export interface SampledCharacter {
  /** All bits between start and stop, LSB first: what RDR shows. */
  readonly word: number;
  /** PE, FE and NE at their ISR positions. */
  readonly errors: number;
  /** The third sample of the stop bit: the character is complete and the next start bit may come. */
  readonly completesAt: Tick;
}

/** When, within a bit, the three samples are taken that vote: the 8th to 10th of 16, the 4th to 6th of 8. */
const VOTES = { 16: [7.5 / 16, 8.5 / 16, 9.5 / 16], 8: [3.5 / 8, 4.5 / 8, 5.5 / 8] } as const;
/** The 3rd, 5th and 7th of 16 samples vote on a start bit before the middle three do (RM0433 §48, start bit detection). */
const START_VOTES = [2.5 / 16, 4.5 / 16, 6.5 / 16] as const;

/** From the falling edge of the start bit until the character is complete, in the receiver's ticks. */
export function completionTicks(settings: UsartSettings): number {
  return (1 + settings.wordBits + VOTES[settings.oversampling][2]) * settings.bitTicks;
}

/** The character whose start bit falls at `startTick`, or undefined where that edge was only a spike. */
export function sampleCharacter(waveform: LineWaveform, startTick: Tick, settings: UsartSettings): SampledCharacter | undefined {
  const { bitTicks, wordBits } = settings;
  const votes = settings.oneSample ? VOTES[settings.oversampling].slice(1, 2) : VOTES[settings.oversampling];
  const onesAt = (bit: number, at: readonly number[]): number =>
    at.reduce((ones, fraction) => ones + waveform.level(startTick + (bit + fraction) * bitTicks), 0);

  const earlyOnes = onesAt(0, START_VOTES);
  const middleOnes = onesAt(0, VOTES[settings.oversampling]);
  if (earlyOnes > 1 || middleOnes > 1) return undefined;

  let word = 0;
  let errors = earlyOnes + middleOnes > 0 ? ISR.NE : 0;
  for (let bit = 0; bit <= wordBits; bit++) {
    const ones = onesAt(1 + bit, votes);
    if (ones !== 0 && ones !== votes.length) errors |= ISR.NE;
    const isOne = ones * 2 > votes.length;
    if (bit < wordBits) word |= isOne ? 1 << bit : 0;
    else if (!isOne) errors |= ISR.FE;
  }
  if (settings.parity !== 'none' && isOddWeight(word) !== (settings.parity === 'odd')) errors |= ISR.PE;
  return { word, errors, completesAt: startTick + completionTicks(settings) };
}

function isOddWeight(word: number): boolean {
  let weight = 0;
  for (let bits = word; bits !== 0; bits >>= 1) weight += bits & 1;
  return (weight & 1) === 1;
}
