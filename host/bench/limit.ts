/**
 * What no tool can beat: the wire, the flash, or the way back and forth, whichever takes longest. Typical times of the datasheet; each bank
 * erases and programs for itself, and that is all it does.
 */
import { outsideFlash, sectorsCovering } from '../device/memory-map.js';
import type { H7Part } from '../device/h7-part.js';
import type { Image } from '../image/image.js';

export interface Limit {
  readonly seconds: number;
  readonly term: 'wire' | 'flash' | 'window';
}

/**
 * @param wireBytes that must cross the line, at least
 * @param windowBytes how far the host may run ahead: with a long way back this bounds the rate
 */
export function limitOf(image: Image, part: H7Part, wireBytes: number, baud: number, rttMs: number, windowBytes: number): Limit {
  const wire = (wireBytes * 11) / baud;
  const terms = { wire, flash: flashSeconds(image, part), window: wire * ((rttMs / 1000) * (baud / 11) / windowBytes) };
  const [term, seconds] = (Object.entries(terms) as [Limit['term'], number][]).reduce((worst, other) => (other[1] > worst[1] ? other : worst));
  return { term, seconds };
}

/** Of the slower bank. */
function flashSeconds(image: Image, part: H7Part): number {
  const { sectorEraseMs, wordProgramUs } = part.flashTiming.x64;
  const perBank = part.banks.map(() => ({ sectors: new Set<number>(), words: 0 }));
  for (const { address, bytes } of image.segments) {
    if (outsideFlash(part, { address, lengthBytes: bytes.length }).length > 0) throw new RangeError(`${image.source} does not fit ${part.name}`);
    for (const { number, bankIndex } of sectorsCovering(part, { address, lengthBytes: bytes.length })) perBank[bankIndex]!.sectors.add(number);
    for (let at = 0; at < bytes.length; at += part.flashWordBytes) {
      if (bytes.subarray(at, at + part.flashWordBytes).every((byte) => byte === 0xff)) continue;
      const [{ bankIndex } = { bankIndex: 0 }] = sectorsCovering(part, { address: address + at, lengthBytes: 1 });
      perBank[bankIndex]!.words++;
    }
  }
  return Math.max(...perBank.map(({ sectors, words }) => (sectors.size * sectorEraseMs.typical) / 1000 + (words * wordProgramUs.typical) / 1e6));
}
