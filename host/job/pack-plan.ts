/** How the content of a plan is packed, and when that is worth a try: the same ahead of the survey (pack-ahead.ts) and behind it (make-stream.ts). */
import { isNoise } from '../codec/is-noise.js';
import type { PackedContent } from '../codec/packed-content.js';
import type { Packer } from '../codec/packer.js';
import type { Segment } from '../image/image.js';
import { sectorRuns } from '../plan/build-plan.js';
import { programmedBytes, type Plan } from '../plan/plan.js';
import { updateSchedule, type UpdateStep } from '../plan/update-schedule.js';
import { LIMITS } from '../protocol/wire.js';

const UPDATE_MEMORY = { historyBytes: LIMITS.recentBytes.value, halfTheShifts: LIMITS.halfTheShifts.value };
const mostSpans = LIMITS.mostSpans.value;

/** Where less of what is written is known from before (the end of a sector that stays, behind a large image), comparing costs the host more than it gains. */
const WORTH_COMPARING = 0.1;

type TellShare = (share: number) => void;

/** All that is written, by itself; undefined where that does not get shorter. */
export function packWrites(plan: Plan, packer: Packer, onProgress: TellShare = () => undefined): Promise<PackedContent> | undefined {
  const runs = sectorRuns(plan);
  return runs.every((run) => isNoise(run.bytes)) ? undefined : packer.pack(runs, { mostSpans, onProgress });
}

export interface PackedUpdate {
  readonly steps: readonly UpdateStep[];
  readonly content: Promise<PackedContent>;
}

/**
 * The difference to what the flash holds; undefined where nothing is known of the sectors that change, or the part has no RAM to copy them to.
 * @param known what it holds, as far as that is known
 */
export function packUpdate(plan: Plan, known: readonly Segment[], packer: Packer, onProgress: TellShare = () => undefined): PackedUpdate | undefined {
  const steps = stepsOfUpdate(plan, known);
  if (steps === undefined) return undefined;
  const targets = sectorRuns(plan).map((run) => ({
    run, readable: steps.find(({ sector }) => run.address >= sector.base && run.address < sector.base + sector.lengthBytes)!.readable,
  }));
  return targets.length === 0 ? undefined : { steps, content: packer.diff(known, targets, UPDATE_MEMORY, { mostSpans, onProgress }) };
}

/** Undefined where no update comes into question, and what the flash holds may be erased before anything is packed. */
export function stepsOfUpdate(plan: Plan, known: readonly Segment[]): readonly UpdateStep[] | undefined {
  return knownBytes(plan, known) < WORTH_COMPARING * programmedBytes(plan) ? undefined : updateSchedule(plan);
}

/** In the sectors that change. */
function knownBytes(plan: Plan, known: readonly Segment[]): number {
  const changing = plan.erases.filter(({ base }) => base !== plan.kept?.sector.base);
  const isChanging = (address: number): boolean => changing.some(({ base, lengthBytes }) => address >= base && address < base + lengthBytes);
  return known.reduce((sum, { address, bytes }) => sum + (isChanging(address) ? bytes.length : 0), 0);
}
