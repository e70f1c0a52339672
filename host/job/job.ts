/** A job on its way: what is asked, who is told, what is known. A plain value that its stations hand on. */
import type { SectorCache } from '../cache/sector-cache.js';
import type { Packer } from '../codec/packer.js';
import type { FlashOptions } from '../flash-options.js';
import type { Image } from '../image/image.js';
import type { JobEvents } from '../job-events.js';
import type { Logbook } from '../report/logbook.js';
import type { RestJournal } from '../session/rest-journal.js';
import type { SessionFile } from '../session/session-file.js';

export interface Job {
  readonly image: Image;
  /** What the user says that the flash holds. */
  readonly base?: Image;
  /** What this host has flashed before. */
  readonly cache: SectorCache;
  readonly packer: Packer;
  readonly options: FlashOptions;
  readonly events: JobEvents;
  /** Where it leaves what a later process needs to go on. */
  readonly file: SessionFile;
  /** Where it leaves what stays of the sectors that it erases. */
  readonly journal: RestJournal;
  readonly log: Logbook;
}
