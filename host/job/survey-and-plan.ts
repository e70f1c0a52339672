/** What the stub found on the board × the image → what will happen. Refuses before anything is erased. */
import { choosePart } from '../device/choose-part.js';
import type { H7Part } from '../device/h7-part.js';
import { buildPlan } from '../plan/build-plan.js';
import { refuseForeignProgram } from '../plan/foreign-program.js';
import { writtenSectors, type Plan } from '../plan/plan.js';
import { refuseProtected } from '../plan/protection.js';
import { describeDevice } from '../report/report.js';
import type { StubSession } from '../session/stub-session.js';
import type { Job } from './job.js';
import { knownContent } from './known-content.js';
import { makeStream, type MadeStream } from './make-stream.js';

export interface Planned extends MadeStream {
  readonly part: H7Part;
  readonly plan: Plan;
}

/**
 * @param distrusted sectors that are written anew even if they read right, and that nothing is made from
 * @throws StageFlashError kind `refused`
 */
export async function surveyAndPlan({ image, base, cache, packer, options, events, log }: Job, session: StubSession, distrusted: readonly number[]): Promise<Planned> {
  events.phase('survey', 'Reading what the board is and what its flash holds');
  const part = (log.part = choosePart(session.facts.idcode & 0xfff, session.facts.flashSizeKiB, options.chip));
  events.note(describeDevice(part, session));

  events.phase('plan', 'Comparing');
  const trusted = session.facts.sectorDigests.map((digest, sector) => (distrusted.includes(sector) ? undefined : digest));
  const plan = (log.plan = buildPlan(image, part, { sectorDigests: options.full ? undefined : trusted }));
  refuseForeignProgram(image, part);
  refuseProtected(part, writtenSectors(plan).map(({ sector }) => sector), session.facts);
  const elapsedSeconds = (session.link.now() - (log.startedMs ?? 0)) / 1000;
  const known = options.full ? { runs: [] } : knownContent(plan, trusted, cache, base);
  if (known.ofBase?.held === 0) events.warning(`The board does not hold ${base!.source}: sending without it.`);
  const made = await makeStream(plan, session, { compress: options.compress ?? true, known: known.runs, packer, elapsedSeconds, streamBaud: options.streamBaud, events });
  log.ways = made.ways;
  return { part, plan, ...made };
}
