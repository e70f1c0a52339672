/** What tells sessions apart on one line: a fence against mix-ups, not authentication, since every frame shows it. */
import { randomBytes } from 'node:crypto';
import { findForbidden } from './forbidden-bytes.js';

/**
 * A token for a new session: any 32 bits whose bytes are none that a converter or a bootloader makes something of, all different, so
 * that no shifted copy of it looks like it.
 * @param random yields 0 … 255; for tests
 */
export function newToken(random: () => number = () => randomBytes(1)[0]!): number {
  const bytes: number[] = [];
  while (bytes.length < 4) {
    const byte = random();
    if (!RESERVED_BYTES.has(byte) && !bytes.includes(byte)) bytes.push(byte);
  }
  const token = Uint8Array.from(bytes);
  return findForbidden(token) === undefined ? new DataView(token.buffer).getUint32(0, true) : newToken(random);
}

/** AN3155 sync, ACK and NACK; XON, XOFF, DLE; telnet's IAC; the converter pattern's; 0x00 and text-like line ends. */
const RESERVED_BYTES: ReadonlySet<number> = new Set([0x7f, 0x79, 0x1f, 0x11, 0x13, 0x10, 0xff, 0x55, 0xaa, 0x00, 0x0a, 0x0d]);
