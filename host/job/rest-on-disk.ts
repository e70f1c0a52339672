/**
 * When the journal of a chip's rests is believed, written and forgotten. A sector in it was about to be erased by a job of which nobody has heard that it
 * ended well. Whether that job has begun at all, or has ended unheard, shows in the sector that it erased first: then the flash itself is right, and
 * may have changed since.
 */
import { incompleteSectors, type Plan } from '../plan/plan.js';
import { erasedDigest } from '../plan/erased.js';
import { partialSectors, type SectorRest } from '../plan/rest.js';
import { crc32 } from '../protocol/crc32.js';
import { uidOf } from '../report/report.js';
import type { RestJournal, SectorOnDisk } from '../session/rest-journal.js';
import type { SavedSession } from '../session/session-file.js';
import type { StubSession } from '../session/stub-session.js';
import { StageFlashError } from '../errors.js';
import type { Job } from './job.js';

type Facts = StubSession['facts'];

/** Of jobs that were cut in between, by what the flash shows. */
export function leftUnderWay(job: Pick<Job, 'journal' | 'options'>, facts: Facts): readonly SectorOnDisk[] {
  return loadFor(job, facts).filter((one) => one.sector === one.firstErased || isUnderWay(one, facts));
}

const isUnderWay = ({ firstErased, notUnderWay }: SectorOnDisk, facts: Facts): boolean => !notUnderWay.includes(facts.sectorDigests[firstErased]!);

/**
 * Those of other sectors that are under way at this moment, for as long as nobody proves them: the sector by which that showed is another one soon. What is not
 * under way goes: it would seem to be, later.
 */
const carriedOver = (saved: readonly SectorOnDisk[], facts: Facts, sectors: readonly number[]): readonly SectorOnDisk[] =>
  saved.filter((one) => !sectors.includes(one.sector) && isUnderWay(one, facts)).map((one) => ({ ...one, notUnderWay: [] }));

/**
 * What the last job had not come to, or had done with, goes: there the flash is right, and it may change from now on.
 * @param left what that job wrote down of its sectors
 */
export function forgetUntouched(journal: RestJournal, facts: Facts, { startedAt, inProgress }: Pick<SavedSession, 'startedAt' | 'inProgress'>): void {
  const chip = uidOf(facts);
  const saved = journal.load(chip);
  const open = saved.filter(({ seenBy, sector }) => seenBy !== startedAt || inProgress.includes(sector));
  if (open.length < saved.length) journal.save(chip, open);
}

/** All of them: a stub that still works has begun. */
export function loadFor({ journal, options }: Pick<Job, 'journal' | 'options'>, facts: Facts): readonly SectorOnDisk[] {
  try {
    return journal.load(uidOf(facts));
  } catch (error) {
    // Who gives up what is beside the image does not need it.
    if (options.eraseRest && error instanceof StageFlashError) return [];
    throw error;
  }
}

/**
 * Before the first erase.
 * @param startedAt when the job began
 * @throws StageFlashError kind `refused` when it cannot be written and something would be lost
 */
export function keepOnDisk(job: Pick<Job, 'image' | 'journal' | 'options'>, plan: Plan, bySector: ReadonlyMap<number, SectorRest>, facts: Facts, startedAt: string): void {
  const [first] = plan.erases;
  if (first === undefined) return;
  const underWay = leftUnderWay(job, facts);
  const { now, then } = evidence(plan, facts);
  const partials = partialSectors(job.image, plan.part);
  const sectors = plan.erases.map(({ number }): SectorOnDisk => {
    const rest = bySector.get(number);
    const wasUnderWay = underWay.some(({ sector }) => sector === number);
    return {
      sector: number, savedAt: startedAt, seenBy: startedAt, firstErased: first.number, notUnderWay: wasUnderWay ? then.filter((digest) => !now.includes(digest)) : [...now, ...then],
      ...(rest?.kind === 'known' ? { kept: rest.segments, beside: partials.find(({ sector }) => sector.number === number)?.beside ?? [] } : { kept: [], beside: [] }),
    };
  });
  const others = carriedOver(loadFor(job, facts), facts, sectors.map(({ sector }) => sector));
  job.journal.save(uidOf(facts), [...others.map((one) => ({ ...one, seenBy: startedAt })), ...sectors]);
}

/** The flash of these sectors is proven, or erased because somebody said so. @param facts of the survey before that */
export function forgetOnDisk(journal: RestJournal, facts: Facts, sectors: readonly number[]): void {
  try {
    const chip = uidOf(facts);
    const saved = journal.load(chip);
    if (saved.length > 0) journal.save(chip, carriedOver(saved, facts, sectors));
  } catch {
    // What stays there shows by the flash that its job has ended.
  }
}

/**
 * Digests of the sector that is erased first, before the job and after it. One that the sector also passes through in between is none: erased, and
 * complete but for the flash word that comes last.
 */
function evidence(plan: Plan, facts: Facts): { readonly now: readonly number[]; readonly then: readonly number[] } {
  const first = plan.sectors.find(({ sector }) => sector === plan.erases[0])!;
  const passed = [erasedDigest(first.sector.lengthBytes), crc32(incompleteSectors(plan)[0]!.content)];
  const isEvidence = (digest: number): boolean => !passed.includes(digest);
  return { now: [facts.sectorDigests[first.sector.number]!].filter(isEvidence), then: [first.digest].filter(isEvidence) };
}
