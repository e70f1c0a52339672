/** A job without loader and stub. */
import { flashDirect } from '../bootloader/direct-flash.js';
import { identifyPartThroughRom } from '../bootloader/identify-part.js';
import type { RomSession } from '../bootloader/rom-session.js';
import type { Report } from '../flash-options.js';
import type { Link } from '../link/link.js';
import { buildPlan } from '../plan/build-plan.js';
import { describePlan, describeSectors } from '../plan/describe-plan.js';
import { refuseForeignProgram } from '../plan/foreign-program.js';
import { makeReport } from '../report/report.js';
import type { Job } from './job.js';

/** `--direct`: the ROM bootloader does everything itself. */
export async function flashThroughRom(job: Job, link: Link, rom: RomSession, deviceId: number): Promise<Report> {
  const { image, options, events, log } = job;
  const part = (log.part = await identifyPartThroughRom(rom, deviceId, options.chip, (text) => events.warning(text)));
  const plan = (log.plan = buildPlan(image, part, { sectorDigests: undefined }));
  refuseForeignProgram(image, part);
  describeSectors(plan).forEach((line) => events.note(line));
  if (!options.eraseRest && plan.sectors.some(({ uncoveredBytes }) => uncoveredBytes > 0)) events.warning('Without --direct, these bytes would stay.');
  if (options.dryRun) return makeReport('planned', `${describePlan(plan)}\nNothing was changed.`, log);
  log.flash = 'unfinished';
  await flashDirect({ link, rom, part, image, verify: true, events: log.phases.hear });
  log.flash = 'proven';
  return makeReport('flashed', 'Read back through the ROM bootloader, in which the board still is.', log);
}
