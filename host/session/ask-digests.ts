/** The CRC-32 of any ranges of flash, as the stub reads them now. Nothing may be in progress on the board. */
import type { AddressedRange } from '../protocol/ranges.js';
import { LIMITS } from '../protocol/wire.js';
import type { StubSession } from './stub-session.js';

/** Reading 2 MiB of flash with the slowest wait states. */
const READING_MS = 2000;

/** A question of so few ranges is short enough for any line on which a session goes on at all. */
const LEAST_RANGES = 8;

/** @returns one digest for each range, in order; the complement of one where a flash word could not be read */
export async function askDigests(session: StubSession, ranges: readonly AddressedRange[]): Promise<readonly number[]> {
  const digests: number[] = [];
  for (let most: number = LIMITS.maxRanges.value; digests.length < ranges.length; ) {
    const left = ranges.slice(digests.length, digests.length + most);
    // Fewer ranges each time that nothing is answered: the answer says for how many it is.
    const first = (attempt: number): readonly AddressedRange[] => left.slice(0, Math.max(LEAST_RANGES, left.length >> attempt));
    const question = (attempt: number) => ({ after: 0, ranges: first(attempt).flatMap(({ address, length }) => [address, length]) });
    const answer = await session.ask('digest', question, 'digests', READING_MS);
    digests.push(...answer.digests);
    most = Math.min(most, Math.max(LEAST_RANGES, answer.digests.length));
  }
  return digests;
}
