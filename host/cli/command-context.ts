/** What a command needs of the process around it, handed in by main.ts or by a test. */
import type { FlashOptions, Report } from '../flash-options.js';
import type { Output } from './print.js';

export interface CommandContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Of stage-flash. */
  readonly version: string;
  readonly flash: (options: FlashOptions) => Promise<Report>;
}
