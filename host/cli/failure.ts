/** What was thrown → what the user reads and the exit code that a script sees. Never a stack trace unless it is asked for. */
import { CommanderError } from 'commander';
import { EXIT_CODES, StageFlashError } from '../errors.js';

export interface Failure {
  readonly exitCode: number;
  /** Lines for stderr; empty when everything is said already. */
  readonly text: string;
  /** For `--json`. */
  readonly json: object;
}

/** A defect has no phase of its own; a program that misbehaved on our side is nearest to `stub`: the job stopped in an unknown state. */
const DEFECT_EXIT_CODE = EXIT_CODES.stub;

/** Thrown by the virtual board, and told by its name: the board itself is loaded only for those who use it. */
const BOARD_VIOLATION = 'BoardViolation';

/** @param isDebugging STAGE_FLASH_DEBUG is set: shows where it happened */
export function describeFailure(error: unknown, isDebugging: boolean): Failure {
  if (error instanceof CommanderError) {
    // Commander has printed it already. Help and version, when asked for, end with 0 and are no errors.
    const exitCode = error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    return { exitCode, text: '', json: { type: 'error', kind: 'usage', message: error.message, exitCode } };
  }
  const trace = isDebugging ? `${traceOf(error)}\n` : '';
  if (error instanceof Error && error.name === BOARD_VIOLATION) {
    return describeFailure(
      new StageFlashError('stub', `the virtual board stops its program: ${error.message}`, {
        hint: 'An application may be less strict than its manual: tolerate=NAME or tolerate=all in the sim: link lets it go on.',
        cause: error,
      }),
      isDebugging,
    );
  }
  if (error instanceof StageFlashError) {
    const { kind, message, hint, exitCode } = error;
    return { exitCode, text: `error: ${message}\n${hint === undefined ? '' : `hint: ${hint}\n`}${trace}`, json: { type: 'error', kind, message, hint, exitCode } };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const text = `error: ${message}\nThis is a defect of stage-flash; please report it. STAGE_FLASH_DEBUG=1 shows where it happened.\n${trace}`;
  return { exitCode: DEFECT_EXIT_CODE, text, json: { type: 'error', kind: 'defect', message, exitCode: DEFECT_EXIT_CODE } };
}

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const cause = error.cause === undefined ? '' : `\ncaused by ${traceOf(error.cause) || String(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
