/**
 * The line settings that a USART's registers amount to, for its receiver, its transmitter and for messages.
 * registers → **settings** → waveform; knows neither time nor pins.
 */
import type { LineSettings, Parity } from '../../link/line-settings.js';
import type { Tick } from '../time.js';
import { TICKS_PER_SECOND } from '../time.js';
import type { Oversampling } from './baud.js';
import { baudRateOf, prescaledHz, receiverTolerance, usartDivider } from './baud.js';
import { CR1, CR2, CR3, STOP_SHIFT } from './usart-registers.js';

export interface UsartSettings {
  /** Clock that the divider divides: kernel clock after PRESC. */
  readonly clockHz: number;
  /** 0 where BRR is invalid or no clock runs. */
  readonly baudRate: number;
  /** Infinity where `baudRate` is 0. */
  readonly bitTicks: number;
  readonly oversampling: Oversampling;
  /** Bits between start and stop, the parity bit among them. */
  readonly wordBits: 7 | 8 | 9;
  readonly parity: Parity;
  readonly stopBits: number;
  readonly oneSample: boolean;
  /** Bit times of silence after a stop bit that raise RTOF; Infinity without RTOEN, and for RTOR = 0. */
  readonly timeoutBits: number;
}

/** Register values that decide the settings. */
export interface SettingsRegisters {
  readonly cr1: number;
  readonly cr2: number;
  readonly cr3: number;
  readonly brr: number;
  readonly presc: number;
  readonly rtor: number;
}

const STOP_BITS = [1, 0.5, 2, 1.5] as const;

export function settingsFrom(registers: SettingsRegisters, kernelHz: number): UsartSettings {
  const { cr1, cr2, cr3, brr, presc, rtor } = registers;
  const oversampling = (cr1 & CR1.OVER8) === 0 ? 16 : 8;
  const clockHz = prescaledHz(kernelHz, presc);
  const baudRate = baudRateOf(clockHz, usartDivider(brr, oversampling), oversampling);
  return {
    clockHz,
    baudRate,
    bitTicks: TICKS_PER_SECOND / baudRate,
    oversampling,
    wordBits: (cr1 & CR1.M1) !== 0 ? 7 : (cr1 & CR1.M0) !== 0 ? 9 : 8,
    parity: (cr1 & CR1.PCE) === 0 ? 'none' : (cr1 & CR1.PS) === 0 ? 'even' : 'odd',
    stopBits: STOP_BITS[(cr2 & CR2.STOP) >> STOP_SHIFT] ?? 1,
    oneSample: (cr3 & CR3.ONEBIT) !== 0,
    timeoutBits: ((cr2 & CR2.RTOEN) === 0 ? 0 : rtor & 0xff_ffff) || Infinity,
  };
}

/** Ticks of one frame: start bit, word, stop bits. */
export function frameTicks(settings: UsartSettings): Tick {
  return settings.bitTicks * (1 + settings.wordBits + settings.stopBits);
}

/** What the transmitter puts on the line, or undefined where a line of eight-bit characters cannot carry it. */
export function lineFormat(settings: UsartSettings): LineSettings | undefined {
  const { baudRate, wordBits, parity, stopBits } = settings;
  if (stopBits !== 1 && stopBits !== 2) return undefined;
  if (wordBits === 8) return { baudRate, parity: 'none', stopBits };
  return wordBits === 9 && parity !== 'none' ? { baudRate, parity, stopBits } : undefined;
}

/** How a receiver with these settings meets a line of that format. */
export function compareFormat(settings: UsartSettings, line: LineSettings): 'fits' | 'baud' | 'frame' {
  const deviation = Math.abs(settings.baudRate / line.baudRate - 1);
  if (deviation > receiverTolerance(settings.oversampling, settings.wordBits)) return 'baud';
  const lineWordBits = line.parity === 'none' ? 8 : 9;
  if (lineWordBits !== settings.wordBits) return 'frame';
  // A receiver that checks no parity takes the parity bit for data; the character comes through unharmed. Stop bits beyond the
  // first are not checked (RM0433 §48).
  return settings.parity === 'none' || settings.parity === line.parity ? 'fits' : 'frame';
}

/** `115108 baud 8E1`, for messages. */
export function describeSettings(settings: UsartSettings): string {
  const dataBits = settings.wordBits - (settings.parity === 'none' ? 0 : 1);
  return `${Math.round(settings.baudRate)} baud ${dataBits}${settings.parity[0]?.toUpperCase()}${settings.stopBits}`;
}

export function describeLine(line: LineSettings): string {
  return `${Math.round(line.baudRate)} baud 8${line.parity[0]?.toUpperCase()}${line.stopBits}`;
}

const ODD_WEIGHT = Uint8Array.from({ length: 256 }, (_, byte) => {
  let weight = 0;
  for (let bits = byte; bits !== 0; bits >>= 1) weight += bits & 1;
  return weight & 1;
});

/** The parity bit that goes with `byte`; `none` has none and gives 0. */
export function parityBit(byte: number, parity: Parity): 0 | 1 {
  const odd = ODD_WEIGHT[byte & 0xff] ?? 0;
  return parity !== 'none' && (odd === 1) === (parity === 'even') ? 1 : 0;
}
