/** The serial line as its two ends must agree on it. AN3155 wants eight data bits and even parity. */
export interface LineSettings {
  /** Bits per second on the wire. */
  readonly baudRate: number;
  readonly parity: Parity;
  readonly stopBits: 1 | 2;
  /** Two wires for both directions (RS-485): one end speaks at a time, or nobody is understood. Nothing that a converter is set to. @default false */
  readonly isHalfDuplex?: boolean;
}

export type Parity = 'none' | 'even' | 'odd';

/** AN3155 §1: 8 data bits, even parity, one stop bit; 115200 is the highest rate that ST tested. */
export const AN3155_LINE: LineSettings = { baudRate: 115_200, parity: 'even', stopBits: 1 };

/** Bit times that one character of eight data bits takes: start + 8 + parity + stop; 11 for 8E1. */
export function bitsPerCharacter(line: LineSettings): number {
  return 9 + (line.parity === 'none' ? 0 : 1) + line.stopBits;
}

/** Milliseconds that `byteCount` characters, back to back, take on the line. */
export function lineTimeMs(byteCount: number, line: LineSettings): number {
  return (byteCount * bitsPerCharacter(line) * 1000) / line.baudRate;
}

export function isSameLine(one: LineSettings, other: LineSettings): boolean {
  return one.baudRate === other.baudRate && one.parity === other.parity && one.stopBits === other.stopBits;
}
