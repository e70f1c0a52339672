/** Whatever end a job comes to, its numbers are told. */
import type { JobOptions } from '../flash-options.js';
import { JobEvents } from '../job-events.js';
import { newLogbook, type Logbook } from '../report/logbook.js';
import { reportDetails } from '../report/report.js';

export async function recordJob<Result>(options: JobOptions, work: (log: Logbook, events: JobEvents) => Promise<Result>): Promise<Result> {
  const log = newLogbook(options.events);
  try {
    return await work(log, new JobEvents(log.phases.hear));
  } finally {
    options.onEnd?.(reportDetails(log));
  }
}
