/**
 * Flash → host, as little as possible: the stub says the digest of each block of 4 KiB, what is erased by that is not fetched, and what is fetched
 * must have the digest that the stub has told.
 */
import { StageFlashError, hex32 } from '../errors.js';
import { erasedDigest } from '../plan/erased.js';
import { blocksOf } from '../plan/rest.js';
import type { ProofRange } from '../plan/stream.js';
import { crc32 } from '../protocol/crc32.js';
import type { AddressedRange } from '../protocol/ranges.js';
import { askDigests } from './ask-digests.js';
import type { FlashContent } from './missing-content.js';
import { readFlash, type FlashRead, type Reading } from './read-flash.js';
import type { StubSession } from './stub-session.js';

/** Those blocks of the ranges that are not erased, each with its digest: complemented where a flash word cannot be read. */
export async function findFilled(session: StubSession, ranges: readonly AddressedRange[]): Promise<readonly ProofRange[]> {
  const blocks = blocksOf(ranges);
  const digests = await askDigests(session, blocks);
  return blocks.flatMap((block, index) => (digests[index] === erasedDigest(block.length) ? [] : [{ ...block, digest: digests[index]! }]));
}

/** @throws StageFlashError kind `flash` where the flash reads differently each time */
export async function fetchBlocks(session: StubSession, blocks: readonly ProofRange[], reading: Reading = {}): Promise<FlashRead> {
  const read = await readFlash(session, joined(blocks), reading);
  for (const { address, length, digest } of blocks) {
    const isUnreadable = read.unreadable.some((word) => word.address >= address && word.address < address + length);
    if (isUnreadable || crc32(bytesAt(read.content, address, length)) === digest) continue;
    throw new StageFlashError('flash', `the flash at ${hex32(address)} reads differently each time`, { hint: 'A power cut, or age, has left it so. Where it is beside an image to be flashed, --erase-rest gives it up.' });
  }
  return read;
}

/**
 * The same of flash that a cut may have left in any state: only blocks that read the same three times, their digest being the first, have content.
 * @returns the others as unreadable, whole
 */
export async function fetchSteady(session: StubSession, blocks: readonly ProofRange[], reading: Reading = {}): Promise<FlashRead> {
  const again = await askDigests(session, blocks);
  const steady = blocks.filter(({ digest }, index) => again[index] === digest);
  const { content, unreadable } = await readFlash(session, joined(steady), reading);
  const isSame = ({ address, length, digest }: ProofRange): boolean =>
    crc32(bytesAt(content, address, length)) === digest || unreadable.some((word) => word.address >= address && word.address < address + length);
  const same = steady.filter(isSame);
  return { content: same.map(({ address, length }) => ({ address, bytes: bytesAt(content, address, length) })), unreadable: [...unreadable, ...blocks.filter((block) => !same.includes(block))] };
}

/** Both banks begin at a multiple of it, and no range may reach from one into the other. */
const BANK_STRIDE = 0x10_0000;

/** Runs without a gap as one range each. */
function joined(blocks: readonly AddressedRange[]): readonly AddressedRange[] {
  const runs: { address: number; length: number }[] = [];
  for (const { address, length } of blocks) {
    const last = runs.at(-1);
    if (last !== undefined && last.address + last.length === address && address % BANK_STRIDE !== 0) last.length += length;
    else runs.push({ address, length });
  }
  return runs;
}

function bytesAt(content: readonly FlashContent[], address: number, length: number): Uint8Array {
  const run = content.find((one) => address >= one.address && address + length <= one.address + one.bytes.length)!;
  return run.bytes.subarray(address - run.address, address - run.address + length);
}
