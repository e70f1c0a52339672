/** The loader as the ROM gets it: with the session's token and patience filled in, padded to whole Write Memory frames. */
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
