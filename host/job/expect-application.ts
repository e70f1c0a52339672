/** --expect: the application's own word, and what it means when it does not come. */
import { readableText } from '../bootloader/wrong-answer.js';
import { StageFlashError } from '../errors.js';
import type { Report } from '../flash-options.js';
import { reportDetails } from '../report/report.js';
import { hearApplication, type ApplicationHeard } from '../session/hear-application.js';
import type { Job } from './job.js';

/**
 * The flash is right all the same, and the message says so first.
 * @param where the board is now, a sentence
 * @throws StageFlashError kind `expect`
 */
export function demandHeard({ isHeard, expected, afterMs }: ApplicationHeard, where: string): void {
  if (isHeard) return;
  throw new StageFlashError('expect', `the flash is proven, but the application did not say “${expected}” within ${(afterMs / 1000).toFixed(1)} s`, {
    hint: `${where} Does it start without the ROM bootloader (BOOT0 low), and speak on this line with the same bit rate and parity?`,
  });
}

/** For a board that is brought out of its bootloader by other means than the stub's reset: only then can its application speak. */
export async function expectAfterLeaving({ options: { expect }, log, events }: Job, report: Report): Promise<Report> {
  if (expect === undefined || log.session === undefined || log.flash !== 'proven') return report;
  events.phase('reset', 'Listening to the application');
  const application = (log.application = await hearApplication(log.session, expect));
  const text = readableText(application.said);
  demandHeard(application, text === undefined ? `${application.said.length} bytes came that are no text.` : `What came from the line: “${text}”.`);
  return { ...report, text: `${report.text} The application says “${expect.text}”.`, details: reportDetails(log) };
}
