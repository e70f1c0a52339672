/**
 * The story: image → link → stub of an earlier run, or ROM bootloader → loader → stub → survey → plan → stream → proof → farewell → report.
 */
import { H7_PARTS } from './device/h7-parts.js';
import { StageFlashError } from './errors.js';
import type { FlashOptions, Report } from './flash-options.js';
import { checkImage } from './image/check-image.js';
import type { Image } from './image/image.js';
import { readImage } from './image/read-image.js';
import { JobEvents } from './job-events.js';
import { beginJob } from './job/begin-job.js';
import type { Job } from './job/job.js';
import { resumeJob } from './job/resume-job.js';
import type { Link } from './link/link.js';
import { parseLinkUrl } from './link/link-url.js';
import { openLink } from './link/open-link.js';
import { ReconnectingLink } from './link/reconnecting-link.js';
import { NO_SESSION_FILE, sessionFile, type SessionFile } from './session/session-file.js';

const DEFAULT_RETRY_BUDGET_MS = 600_000;

/** Flashes a file. @throws StageFlashError whatever goes wrong; its kind tells the phase */
export async function flash(options: FlashOptions): Promise<Report> {
  const events = new JobEvents(options.events);
  if (options.chip !== undefined) demandKnownChip(options.chip);
  const target = parseLinkUrl(options.to);
  events.phase('image', `Reading ${options.imagePath}`);
  const image = await readImage(options.imagePath, options.address === undefined ? {} : { address: options.address });
  checkImage(image).forEach((warning) => events.warning(warning));

  const { name, identity = name } = target;
  events.phase('connect', `Connecting to ${name}`);
  const link = await openLink(options.to, {
    ...(options.signal && { signal: options.signal }), ...(options.tracePath !== undefined && { tracePath: options.tracePath }),
  });
  const closeOnAbort = (): void => void link.close();
  options.signal?.addEventListener('abort', closeOnAbort);
  try {
    return await flashImage(image, link, options, events, target.scheme === 'sim' ? NO_SESSION_FILE : sessionFile(identity));
  } catch (error) {
    throw options.signal?.aborted ? interrupted(error) : error;
  } finally {
    options.signal?.removeEventListener('abort', closeOnAbort);
    await link.close();
  }
}

/**
 * Flashes an image over a link that is open: what `flash` does once it has both.
 * @param file where the job leaves what a later process needs to go on with it
 */
export async function flashImage(
  image: Image, link: Link, options: FlashOptions, events = new JobEvents(options.events), file: SessionFile = NO_SESSION_FILE,
): Promise<Report> {
  events.useClock(() => link.now());
  const job: Job = { image, options, events, file, startedMs: link.now() };
  // From the stub on, a connection that breaks is only an interruption.
  const steadyLink = new ReconnectingLink(link, { budgetMs: options.retryBudgetMs ?? DEFAULT_RETRY_BUDGET_MS, say: (text) => events.warning(text), signal: options.signal });
  try {
    return (await resumeJob(job, steadyLink)) ?? (await beginJob(job, link, steadyLink));
  } finally {
    await steadyLink.close();
  }
}

function demandKnownChip(chip: string): void {
  const names = H7_PARTS.map((part) => part.name);
  if (names.some((name) => name.toLowerCase() === chip.toLowerCase())) return;
  throw new StageFlashError('usage', `there is no chip "${chip}"`, { hint: `Valid: ${names.join(', ')}.` });
}

function interrupted(cause: unknown): StageFlashError {
  return new StageFlashError('interrupted', 'interrupted', {
    cause, hint: 'Run the same command again: a stub that still works goes on where it is. After a reset into the bootloader, what is right already is not sent again.',
  });
}
