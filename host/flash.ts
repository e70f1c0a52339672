/**
 * The story: image → link → ROM bootloader → loader → stub → survey → plan → stream → proof → farewell. Read it aloud; no byte in sight.
 */
import { blobOf, readManifest } from './blobs/manifest.js';
import { RomSession } from './bootloader/rom-session.js';
import { identifyPart, identifyPartThroughRom } from './device/identify-part.js';
import { flashDirect } from './bootloader/direct-flash.js';
import { StageFlashError } from './errors.js';
import type { FlashOptions, Report } from './flash-options.js';
import { checkImage } from './image/check-image.js';
import type { Image } from './image/image.js';
import { readImage } from './image/read-image.js';
import { openLink } from './link/open-link.js';
import type { Link } from './link/link.js';
import { loadStub } from './loader/load-stub.js';
import { buildPlan } from './plan/build-plan.js';
import { describePlan, describeSectors } from './plan/describe-plan.js';
import { refuseProtected } from './plan/protection.js';
import { writtenSectors } from './plan/plan.js';
import { JobLog } from './report/job-log.js';
import { executePlan } from './session/execute-plan.js';
import { leaveBoard } from './session/leave-board.js';

/** Flashes a file. @throws StageFlashError whatever goes wrong; its kind tells the phase */
export async function flash(options: FlashOptions): Promise<Report> {
  const log = new JobLog(options.events);
  log.phase('image', `Reading ${options.imagePath}`);
  const image = await readImage(options.imagePath, options.address === undefined ? {} : { address: options.address });
  checkImage(image).forEach((warning) => log.warning(warning));

  log.phase('connect', `Connecting to ${options.to}`);
  const link = await openLink(options.to, {
    ...(options.signal && { signal: options.signal }), ...(options.tracePath !== undefined && { tracePath: options.tracePath }),
  });
  const closeOnAbort = (): void => void link.close();
  options.signal?.addEventListener('abort', closeOnAbort);
  try {
    return await flashImage(image, link, options, log);
  } catch (error) {
    throw options.signal?.aborted ? interrupted(error) : error;
  } finally {
    options.signal?.removeEventListener('abort', closeOnAbort);
    await link.close();
  }
}

/** Flashes an image over a link that is open: what `flash` does once it has both. */
export async function flashImage(image: Image, link: Link, options: FlashOptions, log = new JobLog(options.events)): Promise<Report> {
  log.useClock(link);
  log.phase('bootloader', 'Looking for the ROM bootloader');
  const rom = new RomSession(link, (text) => log.note(text));
  await rom.synchronise();
  const deviceId = await rom.getId();
  if (options.direct) return flashThroughRom(image, link, rom, deviceId, options, log);

  log.phase('loader', 'Loading the stub');
  const manifest = readManifest();
  const session = await loadStub(link, rom, blobOf(manifest, 'loader'), blobOf(manifest, 'stub'));

  log.phase('survey', 'Reading what the board is and what its flash holds');
  const part = identifyPart(session.facts, options.chip);
  log.device(part, session);

  log.phase('plan', 'Comparing');
  const plan = buildPlan(image, part, { sectorDigests: options.full ? undefined : session.facts.sectorDigests });
  refuseProtected(plan, session.facts);
  describeSectors(plan).forEach((line) => log.note(line));
  if (options.dryRun) {
    const ending = await leaveBoard(session, 'reset');
    return log.report('planned', `${describePlan(plan)}\nNothing was changed. ${ending.text}`, { image, part, plan, session });
  }

  const executed = await executePlan(session, plan, log, options.signal);
  const ending = await leaveBoard(session, options.after ?? 'reset', (text) => log.phase('reset', text));
  const outcome = writtenSectors(plan).length === 0 ? 'unchanged' : 'flashed';
  return log.report(outcome, ending.text, { image, part, plan, session, executed });
}

/** `--direct`: the ROM bootloader does everything itself. */
async function flashThroughRom(image: Image, link: Link, rom: RomSession, deviceId: number, options: FlashOptions, log: JobLog): Promise<Report> {
  const part = await identifyPartThroughRom(rom, deviceId, options.chip, (text) => log.warning(text));
  const plan = buildPlan(image, part, { sectorDigests: undefined });
  describeSectors(plan).forEach((line) => log.note(line));
  if (options.dryRun) return log.report('planned', `${describePlan(plan)}\nNothing was changed.`, { image, part, plan });
  await flashDirect({ link, rom, part, image, verify: true, events: options.events });
  return log.report('flashed', 'Read back through the ROM bootloader, in which the board still is.', { image, part, plan });
}

function interrupted(cause: unknown): StageFlashError {
  return new StageFlashError('interrupted', 'interrupted', {
    cause, hint: 'Reset the board into its bootloader and run the same command again: sectors that are right already are not sent again.',
  });
}
