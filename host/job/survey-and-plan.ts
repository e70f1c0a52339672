/** What the stub found on the board × the image → what will happen. Refuses before anything is erased. */
import { choosePart } from '../device/choose-part.js';
import type { H7Part } from '../device/h7-part.js';
import { buildPlan } from '../plan/build-plan.js';
import type { Plan } from '../plan/plan.js';
import { refuseProtected } from '../plan/protection.js';
import { planStream } from '../plan/stream.js';
import { describeDevice } from '../report/report.js';
import type { StubSession } from '../session/stub-session.js';
import type { Job } from './job.js';

export interface Planned {
  readonly part: H7Part;
  readonly plan: Plan;
  readonly stream: Uint8Array;
}

/** @throws StageFlashError kind `refused` */
export function surveyAndPlan({ image, options, events, log }: Job, session: StubSession): Planned {
  events.phase('survey', 'Reading what the board is and what its flash holds');
  const part = (log.part = choosePart(session.facts.idcode & 0xfff, session.facts.flashSizeKiB, options.chip));
  events.note(describeDevice(part, session));

  events.phase('plan', 'Comparing');
  const plan = (log.plan = buildPlan(image, part, { sectorDigests: options.full ? undefined : session.facts.sectorDigests }));
  refuseProtected(plan, session.facts);
  return { part, plan, stream: planStream(plan) };
}
