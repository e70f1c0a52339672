/** Sectors to erase → the stream that makes the stub do it, and the ranges whose digests prove it. Pure. */
import type { Sector } from '../device/memory-map.js';
import { erasedDigest } from './erased.js';
import { erase, fence, padToUnit, type ProofRange } from './stream.js';

/** All of them go onto their banks' lists at once: both banks work at the same time. */
export function eraseStream(sectors: readonly Sector[]): Uint8Array {
  return padToUnit([...sectors.map((sector) => erase(sector.base)), fence()]);
}

export function erasedRanges(sectors: readonly Sector[]): readonly ProofRange[] {
  return sectors.map(({ base, lengthBytes }) => ({ address: base, length: lengthBytes, digest: erasedDigest(lengthBytes) }));
}
