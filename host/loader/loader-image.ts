/** The loader as the ROM gets it: with the session's token and patience filled in, padded to whole Write Memory frames. */
import { randomBytes } from 'node:crypto';
import { findForbidden } from '../protocol/forbidden-bytes.js';
import { LIMITS, LOADER_PATCH } from '../protocol/wire.js';

/** One listening slot of the loader: 0x1A0000 cycles of 64 MHz (stub/loader/loader.c). */
export const SLOT_MS = (0x1a0000 / 64_000_000) * 1000;

/** @param patienceMs silence after which the loader resets the chip */
export function loaderImage(loader: Uint8Array, token: number, patienceMs: number): Uint8Array {
  const image = new Uint8Array(LIMITS.loaderBytes.value).fill(0xff);
  image.set(loader);
  const view = new DataView(image.buffer);
  view.setUint32(LOADER_PATCH.token.offset, token, true);
  const slots = Math.max(1, Math.ceil(patienceMs / SLOT_MS));
  view.setUint32(LOADER_PATCH.patience.offset, slots, true);
  view.setUint32(LOADER_PATCH.patienceLeft.offset, slots, true);
  return image;
}

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
