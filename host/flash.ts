/**
 * The story: image → link → stub of an earlier run, or ROM bootloader → loader → stub → survey → plan → stream → proof → farewell → report.
 */
import { NO_SECTOR_CACHE, sectorCache, type SectorCache } from './cache/sector-cache.js';
import { PACKER, type Packer } from './codec/packer.js';
import { packerAhead } from './codec/packer-ahead.js';
import type { FlashOptions, Report } from './flash-options.js';
import { checkImage } from './image/check-image.js';
import type { Image } from './image/image.js';
import { readImage } from './image/read-image.js';
import { atBoard, demandKnownChip, overLink } from './job/at-board.js';
import { beginJob, useStub } from './job/begin-job.js';
import { expectAfterLeaving } from './job/expect-application.js';
import type { Job } from './job/job.js';
import { leaveAfter } from './job/move-board.js';
import { packAhead } from './job/pack-ahead.js';
import { recordJob } from './job/record-job.js';
import { rememberedAs } from './job/remembered-as.js';
import { resumeJob } from './job/resume-job.js';
import type { Link } from './link/link.js';
import { NO_REST_JOURNAL, restJournal, type RestJournal } from './session/rest-journal.js';
import { NO_SESSION_FILE, sessionFile, type SessionFile } from './session/session-file.js';

const AFTER_ABORT = 'Run stage-flash resume, or the same command again: a stub that still works goes on where it is. After a reset into the bootloader, what is right already is not sent again.';

/** Flashes a file. @throws StageFlashError whatever goes wrong; its kind tells the phase */
export function flash(options: FlashOptions): Promise<Report> {
  return recordJob(options, async (log, events) => {
    demandKnownChip(options.chip);
    events.phase('image', `Reading ${options.imagePath}`);
    const image = (log.image = await readImage(options.imagePath, options.address === undefined ? {} : { address: options.address }));
    checkImage(image).forEach((warning) => events.warning(warning));
    const base = options.basePath === undefined ? {} : { base: await readImage(options.basePath, options.address === undefined ? {} : { address: options.address }) };
    const board = rememberedAs(options.to);
    const [file, journal, cache] = board === undefined ? [NO_SESSION_FILE, NO_REST_JOURNAL, NO_SECTOR_CACHE] : [sessionFile(board), restJournal(), sectorCache()];
    const packer = packerAhead(PACKER);
    const job = { image, ...base, options, events, file, journal, cache, packer, log };
    packAhead(job);
    try {
      return await atBoard(options, log, events, AFTER_ABORT, (link, steadyLink) => flashOver(job, link, steadyLink));
    } finally {
      packer.stop();
    }
  });
}

/** What jobs leave behind for later ones, of the same board or of any. */
export interface Memory {
  readonly file?: SessionFile;
  readonly journal?: RestJournal;
  readonly cache?: SectorCache;
  readonly base?: Image;
  readonly packer?: Packer;
}

/** Flashes an image over a link that is open: what `flash` does once it has both. */
export function flashImage(image: Image, link: Link, options: FlashOptions, { file = NO_SESSION_FILE, journal = NO_REST_JOURNAL, cache = NO_SECTOR_CACHE, packer = PACKER, base }: Memory = {}): Promise<Report> {
  return recordJob(options, (log, events) => {
    log.image = image;
    return overLink(link, options, log, events, (counted, steadyLink) => flashOver({ image, ...(base && { base }), options, events, file, journal, cache, packer, log }, counted, steadyLink));
  });
}

async function flashOver(job: Job, link: Link, steadyLink: Link): Promise<Report> {
  const work = async (): Promise<Report> => {
    const { report, session } = await resumeJob(job, steadyLink);
    return report ?? (session ? useStub(job, session, { mayReset: false }) : beginJob(job, link, steadyLink));
  };
  if (job.options.leave === undefined || job.options.after === 'stay') return work();
  return expectAfterLeaving(job, await leaveAfter(job, steadyLink, work));
}
