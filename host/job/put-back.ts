/**
 * What a job that was cut has kept of a sector, and whether it is put back: only where the flash can still be of that cut. Another host, or an application,
 * may have written there since; then the flash is newer, and is believed. Asks the board, and changes nothing.
 */
import { hex32 } from '../errors.js';
import type { JobEvents } from '../job-events.js';
import { ERASED, erasedDigest } from '../plan/erased.js';
import { isNewer, isWrittenSince } from '../plan/left-by-cut.js';
import { blocksOf, filledRuns, outside, within, type PartialSector, type SectorRest } from '../plan/rest.js';
import type { ProofRange } from '../plan/stream.js';
import { crc32 } from '../protocol/crc32.js';
import { cutAtMultiples, type AddressedRange } from '../protocol/ranges.js';
import { askDigests } from '../session/ask-digests.js';
import { fetchSteady, findFilled } from '../session/fetch-flash.js';
import type { SectorOnDisk } from '../session/rest-journal.js';
import type { Reading } from '../session/read-flash.js';
import type { StubSession } from '../session/stub-session.js';

/** A sector that a job left under way, and that this one touches. */
interface Doubt {
  readonly partial: PartialSector;
  readonly onDisk: SectorOnDisk;
}

/** @returns what is put back, by number of the sector; not of one whose flash is newer: that is read like any other */
export async function putBack(session: StubSession, partials: readonly PartialSector[], saved: readonly SectorOnDisk[], events: JobEvents, reading: Reading): Promise<ReadonlyMap<number, SectorRest>> {
  const rests = new Map<number, SectorRest>();
  const doubts = partials.flatMap((partial): Doubt[] => saved.filter(({ sector }) => sector === partial.sector.number).map((onDisk) => ({ partial, onDisk })));
  const odd = await oddBlocks(session, doubts);
  for (const { partial, onDisk } of doubts) {
    const { sector, kept, beside, savedAt } = onDisk;
    const isOurs = !(await hasNewer(session, odd.filter(({ address }) => address >= partial.sector.base && address < partial.sector.base + partial.sector.lengthBytes), kept, reading));
    if (!isOurs) {
      events.warning(`The sector at ${hex32(partial.sector.base)} has been written since a job of ${savedAt} on this board was cut: what that job kept of it is not put back.`);
      continue;
    }
    if (kept.length > 0) events.note(`A job of ${savedAt} on this board was cut: what the sector at ${hex32(partial.sector.base)} held beside the image is put back.`);
    // That job's own bytes, or newer ones: no copy of them is kept, so what is there stays.
    const others = await fetchSteady(session, await findFilled(session, outside(partial.beside, beside)), reading);
    for (const { address, length } of others.unreadable) events.warning(`${length} bytes at ${hex32(address)} are not part of the image, cannot be read twice alike, and will be erased.`);
    rests.set(sector, { kind: 'known', segments: [...within(partial.beside, kept), ...filledRuns(others.content)] });
  }
  return rests;
}

/** Blocks that are neither blank nor what was kept of them. */
async function oddBlocks(session: StubSession, doubts: readonly Doubt[]): Promise<readonly ProofRange[]> {
  const blocks = doubts.flatMap(({ onDisk: { beside, kept } }) => blocksOf(beside).map((block) => ({ ...block, kept: bytesKept(block, kept) })));
  const digests = await askDigests(session, blocks);
  return blocks.flatMap(({ address, length, kept }, index) => {
    const digest = digests[index]!;
    return digest === crc32(kept) || digest === erasedDigest(length) ? [] : [{ address, length, digest }];
  });
}

async function hasNewer(session: StubSession, blocks: readonly ProofRange[], kept: SectorOnDisk['kept'], reading: Reading): Promise<boolean> {
  const { flashWordBytes } = session.facts;
  const { content, unreadable } = await fetchSteady(session, blocks, reading);
  const words = content.flatMap(({ address, bytes }) => cutAtMultiples({ address, length: bytes.length }, flashWordBytes).map((word) => ({ word, now: bytes.subarray(word.address - address, word.address - address + word.length) })));
  const written = words.filter(({ word, now }) => isWrittenSince(now, bytesKept(word, kept))).length;
  return isNewer({ written, lost: unreadable.reduce((sum, { length }) => sum + Math.ceil(length / flashWordBytes), 0) });
}

function bytesKept(range: AddressedRange, kept: SectorOnDisk['kept']): Uint8Array {
  const bytes = new Uint8Array(range.length).fill(ERASED);
  for (const segment of within([range], kept)) bytes.set(segment.bytes, segment.address - range.address);
  return bytes;
}
