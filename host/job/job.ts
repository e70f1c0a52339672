/** A job on its way: what is asked, who is told, since when. A plain value that its stations hand on. */
import type { FlashOptions } from '../flash-options.js';
import type { Image } from '../image/image.js';
import type { JobEvents } from '../job-events.js';
import type { Link } from '../link/link.js';
import type { SessionFile } from '../session/session-file.js';

export interface Job {
  readonly image: Image;
  readonly options: FlashOptions;
  readonly events: JobEvents;
  /** Where it leaves what a later process needs to go on. */
  readonly file: SessionFile;
  /** On the link's clock. */
  readonly startedMs: number;
}

export function secondsSince(job: Job, link: Link): number {
  return (link.now() - job.startedMs) / 1000;
}
