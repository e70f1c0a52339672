/** What the stub found on the board × the image → what will happen. Refuses before anything is erased. */
import { choosePart } from '../device/choose-part.js';
import type { H7Part } from '../device/h7-part.js';
import { bootAddresses, cm4BootAddresses } from '../device/option-bytes.js';
import { buildPlan, refuseOutsideFlash } from '../plan/build-plan.js';
import { refuseForeignProgram } from '../plan/foreign-program.js';
import { writtenSectors, type Plan } from '../plan/plan.js';
import { refuseAreas, refuseProtected } from '../plan/protection.js';
import { sectorContents } from '../plan/sector-contents.js';
import { describeDevice } from '../report/report.js';
import type { SectorOnDisk } from '../session/rest-journal.js';
import type { StubSession } from '../session/stub-session.js';
import { findRests, type FoundRests } from './find-rests.js';
import type { Job } from './job.js';
import { knownContent } from './known-content.js';
import type { MadeStream, StreamWishes } from './make-stream.js';

/** Longer than a connection may be away by default: whoever comes back in time still finds the stub. */
const DEFAULT_ORPHAN_MS = 15 * 60_000;

export interface Surveyed {
  readonly part: H7Part;
  readonly plan: Plan;
  readonly rests: FoundRests;
  /** For the stream that executes the plan. */
  readonly wishes: StreamWishes;
}

export interface Planned extends Surveyed, MadeStream {
  /** So much of the stream has been sent while the rest of it was packed. */
  readonly begunBytes: number;
}

export interface Planning {
  /** Sectors that are written anew even if they read right, and that nothing is made from. */
  readonly distrusted: readonly number[];
  /** What jobs that were cut have kept of them. */
  readonly onDisk: readonly SectorOnDisk[];
  /** The stub of the job works on its plan: it is made again of the survey that was made then. */
  readonly isResumed: boolean;
}

/** @throws StageFlashError kind `refused` */
export async function surveyAndPlan(job: Job, session: StubSession, { distrusted, onDisk, isResumed }: Planning): Promise<Surveyed> {
  const { image, base, packer, options, events, log } = job;
  events.phase('survey', 'Reading what the board is and what its flash holds');
  const part = (log.part = choosePart(session.facts.idcode & 0xfff, session.facts.flashSizeKiB, options.chip));
  events.note(describeDevice(part, session));

  events.phase('plan', 'Comparing');
  refuseOutsideFlash(image, part);
  refuseForeignProgram(image, part);
  refuseAreas(part, sectorContents(image, part).map(({ sector }) => sector), session.facts);
  const trusted = session.facts.sectorDigests.map((digest, sector) => (distrusted.includes(sector) ? undefined : digest));
  const planning = { sectorDigests: options.full ? undefined : trusted, bootAddresses: Object.values(bootAddresses(session.facts)), cm4BootAddresses: cm4BootAddresses(session.facts) };
  const rests = (log.rests = await findRests(job, session, { part, planning, onDisk, isResumed }));
  const plan = (log.plan = buildPlan(image, part, { ...planning, rests: rests.bySector }));
  refuseProtected(part, writtenSectors(plan).map(({ sector }) => sector), session.facts);
  const elapsedSeconds = (session.link.now() - (log.startedMs ?? 0)) / 1000;
  const known = options.full ? { runs: [] } : knownContent(plan, trusted, rests.bySector, job);
  if (known.ofBase?.held === 0) events.warning(`The board does not hold ${base!.source}: sending without it.`);
  const orphanMs = options.after === 'stay' ? 0 : (options.orphanMs ?? DEFAULT_ORPHAN_MS);
  return { part, plan, rests, wishes: { compress: options.compress ?? true, known: known.runs, packer, elapsedSeconds, orphanMs, streamBaud: options.streamBaud, events } };
}
