/**
 * What is written to RAM and read back: every value of a byte, and the sequences that something on the way may take for its own. Also what
 * becomes of it. Pure.
 */
import type { LineSettings } from '../link/line-settings.js';
import { isSame, startsWith } from './byte-runs.js';

export const XON = 0x11;
export const XOFF = 0x13;
export const IAC = 0xff;
/** What a modem may take for the end of its data mode when the board says it. */
const ESCAPE = [0x10, 0x03] as const;
const PATTERN_BYTES = 256;

/** The rates that such converters can be set to. */
const SYNC_RATES = { lowest: 600, highest: 1_000_000 } as const;
/** Eight data bits, one stop bit; parity on, even (bits 3 and 5:4). */
const PARAMETER = { none: 0x03, odd: 0x0b, even: 0x1b } as const;

/**
 * 55 AA 55, rate, parameter, checksum: sets a converter that obeys it to what the link says, so that it does no harm. As commands they are
 * four that do not exist.
 */
export function syncPattern({ baudRate, parity }: LineSettings): Uint8Array | undefined {
  if (baudRate < SYNC_RATES.lowest || baudRate > SYNC_RATES.highest) return undefined;
  const settings = [baudRate >> 16, (baudRate >> 8) & 0xff, baudRate & 0xff, PARAMETER[parity]];
  return Uint8Array.of(0x55, 0xaa, 0x55, ...settings, settings.reduce((sum, byte) => (sum + byte) & 0xff, 0));
}

export function testPattern(line: LineSettings): Uint8Array {
  const special = [...(syncPattern(line) ?? []), ...ESCAPE];
  // The specials hold ten bytes of which some are equal; what has no room any more are letters that nothing takes for its own.
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !special.includes(byte));
  const letters = others.filter((byte) => byte >= 0x61 && byte <= 0x7a);
  return Uint8Array.from([...special, ...others.filter((byte) => !letters.includes(byte)), ...letters]).slice(0, PATTERN_BYTES);
}

export type Fate = 'same' | 'ff-doubled' | 'ff-stripped' | 'xonxoff' | 'cut at the escape' | 'shorter' | 'changed';

/** What has become of `sent` on its way here? */
export function fateOf(sent: Uint8Array, received: Uint8Array): Fate {
  if (isSame(sent, received)) return 'same';
  if (isSame(received, Uint8Array.from([...sent].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte]))))) return 'ff-doubled';
  if (isSame(received, sent.filter((byte) => byte !== IAC))) return 'ff-stripped';
  if (isSame(received, sent.filter((byte) => byte !== XON && byte !== XOFF))) return 'xonxoff';
  const escapeAt = sent.findIndex((byte, at) => byte === ESCAPE[0] && sent[at + 1] === ESCAPE[1]);
  if (received.length > 0 && Math.abs(received.length - escapeAt) <= 1 && startsWith(received, sent)) return 'cut at the escape';
  return received.length < sent.length ? 'shorter' : 'changed';
}
