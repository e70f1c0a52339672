/**
 * Keeps in the session file which sectors are in progress, so that after a cut the next job erases them again even if they read right. Knows when
 * to write it down; which sectors those are is the plan's to say.
 */
import type { Plan } from '../plan/plan.js';
import { sectorsInProgress } from '../plan/sectors-in-progress.js';
import type { SavedSession, SessionFile } from '../session/session-file.js';
import type { Job } from './job.js';

type Chip = Pick<SavedSession['facts'], 'uid0' | 'uid1' | 'uid2'>;

/** What earlier jobs left in progress on this very chip. */
export function leftInProgress(file: SessionFile, chip: Chip): readonly number[] {
  const saved = file.load();
  const isThisChip = saved?.facts.uid0 === chip.uid0 && saved.facts.uid1 === chip.uid1 && saved.facts.uid2 === chip.uid2;
  return isThisChip ? saved.inProgress : [];
}

/** Those of the plan, and what it did not trust before and does not touch. */
export function inProgress(plan: Plan, distrusted: readonly number[], programmedWords: number): readonly number[] {
  return [...untouched(plan, distrusted), ...sectorsInProgress(plan, programmedWords)];
}

/** The stub is gone; what it left in progress is not. */
export function forgetStub(file: SessionFile): void {
  const saved = file.load();
  if (saved === undefined || saved.inProgress.length === 0) {
    file.remove();
    return;
  }
  const { token: _, ...rest } = saved;
  try {
    file.save(rest);
  } catch {
    // What stays names a stub that the next run will not hear; its sectors are right.
  }
}

/** A job goes on without its file, but not without a word. */
export function saveOrWarn({ file, events }: Pick<Job, 'file' | 'events'>, session: Omit<SavedSession, 'wireVersion'>): void {
  try {
    file.save(session);
  } catch (error) {
    events.warning(`This job cannot be gone on with if this process ends: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export interface SectorJournal {
  /** So many flash words have been programmed. */
  readonly programmed: (words: number) => void;
  /** The flash holds what the plan says. */
  readonly proven: () => void;
}

/** Writes only when a sector is done. */
export function keepJournal(job: Pick<Job, 'file' | 'events'>, plan: Plan): SectorJournal {
  const saved = job.file.load();
  if (saved === undefined) return { programmed: () => undefined, proven: () => undefined };
  let written = saved.inProgress;
  const write = (sectors: readonly number[]): void => {
    if (sectors.length === written.length) return;
    written = sectors;
    saveOrWarn(job, { ...saved, inProgress: sectors });
  };
  return {
    programmed: (words) => write(inProgress(plan, saved.distrusted, words)),
    proven: () => write(untouched(plan, saved.distrusted)),
  };
}

const untouched = (plan: Plan, sectors: readonly number[]): readonly number[] => sectors.filter((number) => !plan.erases.some((sector) => sector.number === number));
