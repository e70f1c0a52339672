/** What was thrown → what the user reads and the exit code that a script sees. Never a stack trace unless it is asked for. */
import { CommanderError } from 'commander';
import { EXIT_CODES, StageFlashError } from '../errors.js';
import type { CommandContext } from './command-context.js';

export interface Failure {
  readonly exitCode: number;
  /** Of StageFlashError, or `defect`. */
  readonly kind: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** Lines for stderr; empty when everything is said already. */
  readonly text: string;
}

/** A failure that is recorded already: `record` is what a program reads about it. */
export class RecordedFailure extends Error {
  override readonly name = 'RecordedFailure';
  readonly failure: Failure;
  readonly record: object;

  constructor(failure: Failure, record: object) {
    super(failure.message);
    this.failure = failure;
    this.record = record;
  }
}

/** A defect has no phase of its own; a program that misbehaved on our side is nearest to `stub`: the job stopped in an unknown state. */
const DEFECT_EXIT_CODE = EXIT_CODES.stub;

/** Thrown by the virtual board, and told by its name: the board itself is loaded only for those who use it. */
const BOARD_VIOLATION = 'BoardViolation';

export function describeFailure(thrown: unknown, { signal, environment }: Pick<CommandContext, 'signal' | 'environment'>): Failure {
  if (thrown instanceof RecordedFailure) return thrown.failure;
  const error = understood(signal.aborted ? asInterruption(thrown) : thrown);
  if (error instanceof CommanderError) {
    // Commander has printed it already. Help and version, when asked for, end with 0 and are no errors.
    return { exitCode: error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage, kind: 'usage', message: error.message, hint: undefined, text: '' };
  }
  const trace = isSet(environment['STAGE_FLASH_DEBUG']) ? `${traceOf(error)}\n` : '';
  if (error instanceof StageFlashError) {
    const { kind, message, hint, exitCode } = error;
    return { exitCode, kind, message, hint, text: `error: ${message}\n${hint === undefined ? '' : `hint: ${hint}\n`}${trace}` };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const text = `error: ${message}\nThis is a defect of stage-flash; please report it. STAGE_FLASH_DEBUG=1 shows where it happened.\n${trace}`;
  return { exitCode: DEFECT_EXIT_CODE, kind: 'defect', message, hint: undefined, text };
}

/** For `--json`: the record where there is one. */
export function failureAsJson(thrown: unknown, { kind, message, hint, exitCode }: Failure): object {
  return thrown instanceof RecordedFailure ? thrown.record : { type: 'error', kind, message, hint, exitCode };
}

/** Whatever an interrupted job stumbles over on its way out, the user interrupted it. */
function asInterruption(error: unknown): StageFlashError {
  if (error instanceof StageFlashError && error.kind === 'interrupted') return error;
  return new StageFlashError('interrupted', 'interrupted', { cause: error });
}

function understood(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== BOARD_VIOLATION) return error;
  return new StageFlashError('stub', `the virtual board stops its program: ${error.message}`, {
    hint: 'An application may be less strict than its manual: tolerate=NAME or tolerate=all in the sim: link lets it go on.',
    cause: error,
  });
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0';
}

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const cause = error.cause === undefined ? '' : `\ncaused by ${traceOf(error.cause) || String(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
