/**
 * The story: image → link → ROM bootloader → loader → stub → survey → plan → stream → proof → farewell. Read it aloud; no byte in sight.
 */
import { blobOf, readManifest } from './blobs/manifest.js';
import { flashDirect } from './bootloader/direct-flash.js';
import { identifyPartThroughRom } from './bootloader/identify-part.js';
import { RomSession } from './bootloader/rom-session.js';
import { choosePart } from './device/choose-part.js';
import { StageFlashError } from './errors.js';
import type { FlashOptions, Report } from './flash-options.js';
import { checkImage } from './image/check-image.js';
import type { Image } from './image/image.js';
import { readImage } from './image/read-image.js';
import { JobEvents } from './job-events.js';
import { openLink } from './link/open-link.js';
import { ReconnectingLink } from './link/reconnecting-link.js';
import type { Link } from './link/link.js';
import { loadStub } from './loader/load-stub.js';
import { buildPlan } from './plan/build-plan.js';
import { describePlan, describeSectors } from './plan/describe-plan.js';
import { refuseProtected } from './plan/protection.js';
import { writtenSectors } from './plan/plan.js';
import { describeDevice, makeReport, type JobFacts } from './report/report.js';
import { executePlan } from './session/execute-plan.js';
import { leaveBoard } from './session/leave-board.js';
import type { StubSession } from './session/stub-session.js';

const DEFAULT_RETRY_BUDGET_MS = 600_000;

/** Flashes a file. @throws StageFlashError whatever goes wrong; its kind tells the phase */
export async function flash(options: FlashOptions): Promise<Report> {
  const events = new JobEvents(options.events);
  events.phase('image', `Reading ${options.imagePath}`);
  const image = await readImage(options.imagePath, options.address === undefined ? {} : { address: options.address });
  checkImage(image).forEach((warning) => events.warning(warning));

  events.phase('connect', `Connecting to ${options.to}`);
  const link = await openLink(options.to, {
    ...(options.signal && { signal: options.signal }), ...(options.tracePath !== undefined && { tracePath: options.tracePath }),
  });
  const closeOnAbort = (): void => void link.close();
  options.signal?.addEventListener('abort', closeOnAbort);
  try {
    return await flashImage(image, link, options, events);
  } catch (error) {
    throw options.signal?.aborted ? interrupted(error) : error;
  } finally {
    options.signal?.removeEventListener('abort', closeOnAbort);
    await link.close();
  }
}

/** Flashes an image over a link that is open: what `flash` does once it has both. */
export async function flashImage(image: Image, link: Link, options: FlashOptions, events = new JobEvents(options.events)): Promise<Report> {
  events.useClock(() => link.now());
  const startedMs = link.now();
  events.phase('bootloader', 'Looking for the ROM bootloader');
  const rom = new RomSession(link, (text) => events.note(text));
  await rom.synchronise();
  const deviceId = await rom.getId();
  if (options.direct) return flashThroughRom(image, link, rom, deviceId, options, events, startedMs);

  events.phase('loader', 'Loading the stub');
  const manifest = readManifest();
  // From the stub on, a connection that breaks is only an interruption.
  const steadyLink = new ReconnectingLink(link, { budgetMs: options.retryBudgetMs ?? DEFAULT_RETRY_BUDGET_MS, say: (text) => events.warning(text), signal: options.signal });
  const session = await loadStub(link, rom, blobOf(manifest, 'loader'), blobOf(manifest, 'stub'), steadyLink);

  try {
    return await flashThroughStub(image, session, options, events, startedMs);
  } catch (error) {
    // Whatever it was, the board gets its chance to come back into the ROM bootloader, from where the same command can be tried again.
    if (isAboutTheBoard(error)) await leaveBoard(session, 'reset');
    throw error;
  } finally {
    await steadyLink.close();
  }
}

async function flashThroughStub(image: Image, session: StubSession, options: FlashOptions, events: JobEvents, startedMs: number): Promise<Report> {
  events.phase('survey', 'Reading what the board is and what its flash holds');
  const part = choosePart(session.facts.idcode & 0xfff, session.facts.flashSizeKiB, options.chip);
  events.note(describeDevice(part, session));

  events.phase('plan', 'Comparing');
  const plan = buildPlan(image, part, { sectorDigests: options.full ? undefined : session.facts.sectorDigests });
  refuseProtected(plan, session.facts);
  describeSectors(plan).forEach((line) => events.note(line));
  const facts = (): JobFacts => ({ image, part, plan, session, seconds: secondsSince(session.link, startedMs) });
  if (options.dryRun) {
    const ending = await leaveBoard(session, 'reset');
    return makeReport('planned', `${describePlan(plan)}\nNothing was changed. ${ending.text}`, facts());
  }

  const executed = await executePlan(session, plan, events, options.signal);
  const ending = await leaveBoard(session, options.after ?? 'reset', (text) => events.phase('reset', text));
  const outcome = writtenSectors(plan).length === 0 ? 'unchanged' : 'flashed';
  return makeReport(outcome, ending.text, { ...facts(), executed });
}

function isAboutTheBoard(error: unknown): boolean {
  return error instanceof StageFlashError && ['refused', 'flash', 'verify'].includes(error.kind);
}

/** `--direct`: the ROM bootloader does everything itself. */
async function flashThroughRom(
  image: Image, link: Link, rom: RomSession, deviceId: number, options: FlashOptions, events: JobEvents, startedMs: number,
): Promise<Report> {
  const part = await identifyPartThroughRom(rom, deviceId, options.chip, (text) => events.warning(text));
  const plan = buildPlan(image, part, { sectorDigests: undefined });
  describeSectors(plan).forEach((line) => events.note(line));
  if (options.dryRun) return makeReport('planned', `${describePlan(plan)}\nNothing was changed.`, { image, part, plan, seconds: secondsSince(link, startedMs) });
  await flashDirect({ link, rom, part, image, verify: true, events: options.events });
  return makeReport('flashed', 'Read back through the ROM bootloader, in which the board still is.', { image, part, plan, seconds: secondsSince(link, startedMs) });
}

function secondsSince(link: Link, startedMs: number): number {
  return (link.now() - startedMs) / 1000;
}

function interrupted(cause: unknown): StageFlashError {
  return new StageFlashError('interrupted', 'interrupted', {
    cause, hint: 'Reset the board into its bootloader and run the same command again: sectors that are right already are not sent again.',
  });
}
