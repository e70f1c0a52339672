/**
 * One job at a board as the command line tells it: events while it runs, its result or its failure, and the record of either, for
 * --report and as the last line of --json.
 */
import { EXIT_CODES } from '../errors.js';
import type { JobOptions, ReportDetails } from '../flash-options.js';
import type { CommandContext } from './command-context.js';
import { describeFailure, RecordedFailure } from './failure.js';
import { jobOptions, printStyle, type JobValues } from './job-options.js';
import { createPrinter } from './print.js';
import { beginResultFile } from './result-file.js';

/** What a job hands back when it succeeds. */
export interface JobResult {
  /** `findings` has an exit code of its own. */
  readonly outcome: string;
  /** For people. */
  readonly text: string;
  readonly details: ReportDetails;
}

/** @throws RecordedFailure when the job fails, or the doctor finds something; StageFlashError kind `usage` before it begins, `output` when only its record is lost */
export async function runJob(command: string, values: JobValues, context: CommandContext, job: (options: JobOptions) => Promise<JobResult>): Promise<void> {
  const begun = { type: 'report', command, version: context.version, startedAt: new Date().toISOString() };
  const options = jobOptions(values, context);
  const file = values.report === undefined ? undefined : beginResultFile(values.report, { ...begun, outcome: 'unfinished' });
  const printer = createPrinter(printStyle(values), context.stdout, context.stderr);
  let details: ReportDetails | undefined;
  const result = await job({ ...options, events: printer.event, onEnd: (numbers) => (details = numbers) }).catch((error: unknown) => {
    printer.end();
    const failure = describeFailure(error, context);
    const { kind, message, hint, exitCode } = failure;
    const failed = { ...begun, outcome: 'failed', exitCode, error: { kind, message, hint }, details };
    file?.write(failed);
    throw new RecordedFailure(failure, failed);
  });
  printer.end();
  const exitCode = result.outcome === 'findings' ? EXIT_CODES.findings : EXIT_CODES.ok;
  const done = { ...begun, outcome: result.outcome, exitCode, text: result.text, details: result.details };
  file?.write(done);
  // The record of whatever does not end with 0 is printed where failures are.
  if (exitCode === EXIT_CODES.ok || !values.json) printer.result(done);
  if (exitCode !== EXIT_CODES.ok) throw new RecordedFailure({ exitCode, kind: 'findings', message: result.text, hint: undefined, text: '' }, done);
}
