/** `stage-flash doctor`: what is wrong between here and the board's ROM bootloader? Writes nothing but RAM, and leaves the bootloader in step. */
import { connectionFinding } from './doctor/connection-finding.js';
import { describeDiagnosis } from './doctor/describe-diagnosis.js';
import { examine } from './doctor/examinations.js';
import { StageFlashError } from './errors.js';
import type { Diagnosis, DoctorReport, JobOptions } from './flash-options.js';
import { atBoard } from './job/at-board.js';
import { enterBootloader, leaveAfter } from './job/move-board.js';
import { recordJob } from './job/record-job.js';
import { reportDetails } from './report/report.js';

const AFTER_ABORT = 'The bootloader may wait for the rest of a command; the next command of stage-flash completes it.';

/** That no connection can be had is a finding like any other. @throws StageFlashError kind `usage` or `interrupted` */
export function doctor(options: JobOptions): Promise<DoctorReport> {
  return recordJob(options, async (log, events) => {
    const asked = { options, log, events };
    let isOpen = false;
    const report = (diagnosis: Diagnosis): DoctorReport => ({
      outcome: diagnosis.findings.length === 0 ? 'healthy' : 'findings',
      text: describeDiagnosis(diagnosis),
      details: { ...reportDetails(log), doctor: diagnosis },
    });
    try {
      return await atBoard(options, log, events, AFTER_ABORT, (link) => {
        isOpen = true;
        return leaveAfter(asked, link, async () => {
          await enterBootloader(asked, link);
          events.phase('bootloader', 'Examining the link and the ROM bootloader');
          return report(await examine(link, { say: (text) => events.note(text), signal: options.signal }));
        });
      });
    } catch (error) {
      if (isOpen || !(error instanceof StageFlashError) || error.kind !== 'link') throw error;
      return report({ findings: [connectionFinding(error)], facts: {} });
    }
  });
}
