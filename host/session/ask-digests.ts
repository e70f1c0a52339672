/** The CRC-32 of any ranges of flash, as the stub reads them now. Nothing may be in progress on the board. */
import { LIMITS } from '../protocol/wire.js';
import type { AddressedRange } from './run-stream.js';
import type { StubSession } from './stub-session.js';

/** Reading 2 MiB of flash with the slowest wait states. */
const READING_MS = 2000;

/** @returns one digest for each range, in order; the complement of one where a flash word could not be read */
export async function askDigests(session: StubSession, ranges: readonly AddressedRange[]): Promise<readonly number[]> {
  const most = LIMITS.maxRanges.value;
  const digests: number[] = [];
  for (let from = 0; from < ranges.length; from += most) {
    const asked = ranges.slice(from, from + most);
    const answer = await session.ask('digest', { after: 0, ranges: asked.flatMap(({ address, length }) => [address, length]) }, 'digests', READING_MS);
    digests.push(...answer.digests);
  }
  return digests;
}
