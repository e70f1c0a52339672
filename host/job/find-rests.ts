/**
 * What the sectors that an image touches hold beside it, so that it can stay: from the journal where an earlier job was cut, from what this host knows
 * by the survey's digests, and only else from the board, as little of it as possible. Changes nothing on the board.
 */
import type { H7Part } from '../device/h7-part.js';
import { hex32 } from '../errors.js';
import { bitsPerCharacter } from '../link/line-settings.js';
import { vectorSectorOf, type BuildPlanOptions } from '../plan/build-plan.js';
import { duration } from '../plan/describe-plan.js';
import { erasedDigest } from '../plan/erased.js';
import { blocksOf, filledRuns, partialSectors, within, type PartialSector, type SectorRest } from '../plan/rest.js';
import { sectorContents } from '../plan/sector-contents.js';
import type { ProofRange } from '../plan/stream.js';
import { crc32 } from '../protocol/crc32.js';
import { askDigests } from '../session/ask-digests.js';
import { fetchBlocks } from '../session/fetch-flash.js';
import { readingBytes } from '../session/read-flash.js';
import type { SectorOnDisk } from '../session/rest-journal.js';
import type { StubSession } from '../session/stub-session.js';
import type { Job } from './job.js';
import { putBack } from './put-back.js';

export interface FoundRests {
  readonly bySector: ReadonlyMap<number, SectorRest>;
  readonly fetchedBytes: number;
  readonly fetchSeconds: number;
}

export interface RestQuestion {
  readonly part: H7Part;
  /** All that the plan is made of, but for the rests. */
  readonly planning: Omit<BuildPlanOptions, 'rests'>;
  /** What jobs that were cut have kept. */
  readonly onDisk: readonly SectorOnDisk[];
  /** The stub works on the plan that was made before: all that was fetched for it is in the journal, and nothing can be asked. */
  readonly isResumed: boolean;
}

export async function findRests(job: Job, session: StubSession, question: RestQuestion): Promise<FoundRests> {
  const bySector = new Map<number, SectorRest>();
  const nothing = { bySector, fetchedBytes: 0, fetchSeconds: 0 };
  if (job.options.eraseRest) return nothing;
  const partials = partialSectors(job.image, question.part);
  const back = question.isResumed ? alreadyPutBack(partials, question.onDisk) : await putBack(session, partials, question.onDisk, job.events, job.options);
  const unknown = partials.filter((partial) => {
    const rest = back.get(partial.sector.number) ?? knownRest(job, session, question, partial);
    if (rest !== undefined) bySector.set(partial.sector.number, rest);
    return rest === undefined;
  });
  if (question.isResumed) {
    // The vector's sector cannot stay unknown in a plan that is gone on with: then this is another plan, and shows as one.
    const first = vectorSectorOf(job.image, question.part, { ...question.planning, rests: bySector });
    if (first !== undefined && bySector.get(first.sector.number)?.kind === 'in place') bySector.set(first.sector.number, { kind: 'known', segments: [] });
  }
  if (unknown.length === 0) return nothing;
  const filled = await askAboutRests(job, session, question, unknown, bySector);
  return { bySector, ...(await fetch(job, session, filled, bySector)) };
}

/** By the process that began. */
function alreadyPutBack(partials: readonly PartialSector[], onDisk: readonly SectorOnDisk[]): ReadonlyMap<number, SectorRest> {
  return new Map(partials.flatMap(({ sector, beside }) => {
    const kept = onDisk.find((one) => one.sector === sector.number)?.kept;
    return kept === undefined ? [] : [[sector.number, { kind: 'known', segments: within(beside, kept) }]];
  }));
}

/** @returns undefined where only the board can tell */
function knownRest({ cache, base }: Job, { facts }: StubSession, { part, isResumed }: RestQuestion, { sector, content, beside }: PartialSector): SectorRest | undefined {
  const digest = facts.sectorDigests[sector.number]!;
  if (digest === erasedDigest(sector.lengthBytes)) return { kind: 'known', segments: [] };
  const ofBase = base && sectorContents(base, part).find((one) => one.sector.number === sector.number)?.content;
  const whole = [content, ofBase].find((candidate) => candidate !== undefined && crc32(candidate) === digest) ?? cache.find(digest, sector.lengthBytes);
  if (whole !== undefined) return { kind: 'known', segments: filledRuns(within(beside, [{ address: sector.base, bytes: whole }])) };
  return isResumed ? { kind: 'in place' } : undefined;
}

interface Filled {
  readonly partial: PartialSector;
  /** What is not erased of the rest. */
  readonly blocks: readonly ProofRange[];
}

/** One exchange tells which sectors hold the image's bytes already, and which blocks of the others hold anything beside them. */
async function askAboutRests(job: Job, session: StubSession, { part, planning }: RestQuestion, unknown: readonly PartialSector[], bySector: Map<number, SectorRest>): Promise<readonly Filled[]> {
  const asked = unknown.map((partial) => ({ partial, blocks: blocksOf(partial.beside) }));
  const digests = [...await askDigests(session, asked.flatMap(({ partial, blocks }) => [...partial.inImage, ...blocks]))];
  const told = asked.map(({ partial, blocks }) => {
    const isInPlace = digests.splice(0, partial.inImage.length).every((digest, index) => digest === partial.inImage[index]!.digest);
    const withDigests = digests.splice(0, blocks.length).map((digest, index) => ({ ...blocks[index]!, digest }));
    return { partial, isInPlace, blocks: withDigests.filter(({ length, digest }) => digest !== erasedDigest(length)) };
  });
  const wanted = told.filter(({ partial, isInPlace }) => {
    const stays = isInPlace && planning.sectorDigests?.[partial.sector.number] !== undefined;
    if (stays) bySector.set(partial.sector.number, { kind: 'in place' });
    return !stays;
  });
  // The vector's sector is erased whenever anything changes, whatever it holds.
  for (;;) {
    const first = vectorSectorOf(job.image, part, { ...planning, rests: bySector });
    const inPlace = told.find((one) => one.partial.sector.number === first?.sector.number && !wanted.includes(one));
    if (inPlace === undefined) return wanted;
    bySector.delete(inPlace.partial.sector.number);
    wanted.push(inPlace);
  }
}

async function fetch({ events, options }: Job, session: StubSession, filled: readonly Filled[], bySector: Map<number, SectorRest>): Promise<Pick<FoundRests, 'fetchedBytes' | 'fetchSeconds'>> {
  const { link } = session;
  const blocks = filled.flatMap((one) => one.blocks);
  const fetchedBytes = blocks.reduce((sum, { length }) => sum + length, 0);
  const beganMs = link.now();
  if (fetchedBytes > 0) {
    const seconds = (readingBytes(fetchedBytes) * bitsPerCharacter(link.line)) / link.line.baudRate + session.roundTrip.smoothedMs / 1000;
    events.note(`These sectors hold something beside the image, which stays: ${fetchedBytes} bytes are fetched from the board first, in about ${duration(seconds)}.`);
  }
  const { content, unreadable } = await fetchBlocks(session, blocks, { signal: options.signal, onProgress: (bytes) => events.progress('plan', bytes, fetchedBytes, 'fetching what stays') });
  for (const { address } of unreadable) events.warning(`The flash word at ${hex32(address)} is not part of the image, cannot be read, and will be erased.`);
  for (const { partial } of filled) bySector.set(partial.sector.number, { kind: 'known', segments: filledRuns(within(partial.beside, content)) });
  return { fetchedBytes, fetchSeconds: (link.now() - beganMs) / 1000 };
}
