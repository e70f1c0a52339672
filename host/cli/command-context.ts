/** What a command needs of the process around it, handed in by main.ts or by a test. */
import type { AskConsent, DoctorReport, EraseOptions, EraseReport, FlashOptions, ImageOptions, InfoReport, JobOptions, ReadOptions, ReadReport, Report, RunOptions, RunReport, VerifyReport } from '../flash-options.js';
import type { UnfinishedJob, WantedJob } from '../unfinished.js';
import type { Output } from './print.js';

export interface CommandContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the search for stage-flash.toml begins. Missing: neither that one nor the user's is looked for. */
  readonly directory?: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Of stage-flash. */
  readonly version: string;
  /** Asks whoever sits at the terminal; undefined without one. */
  readonly ask: AskConsent | undefined;
  readonly findUnfinished: (wanted: WantedJob) => Promise<UnfinishedJob>;
  readonly flash: (options: FlashOptions) => Promise<Report>;
  readonly info: (options: JobOptions) => Promise<InfoReport>;
  readonly verify: (options: JobOptions & ImageOptions) => Promise<VerifyReport>;
  readonly doctor: (options: JobOptions) => Promise<DoctorReport>;
  readonly read: (options: ReadOptions) => Promise<ReadReport>;
  readonly run: (options: RunOptions) => Promise<RunReport>;
  readonly erase: (options: EraseOptions) => Promise<EraseReport>;
}
