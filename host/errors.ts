/**
 * What can go wrong, as the user meets it: one line that says what and where, one hint that says what to try, one exit code.
 *
 * Vocabulary of the whole host: this file imports nothing.
 */

/** Exit codes of the command line: stable, documented in README.md (a test compares the two). */
export const EXIT_CODES = {
  ok: 0,
  output: 1,
  usage: 2,
  image: 3,
  refused: 4,
  link: 5,
  bootloader: 6,
  stub: 7,
  flash: 8,
  verify: 9,
  expect: 10,
  findings: 11,
  interrupted: 130,
} as const;

/** The phase that failed; each has its own exit code. */
export type ErrorKind = Exclude<keyof typeof EXIT_CODES, 'ok' | 'findings'>;

export interface ErrorDetails {
  /** What to try next, as an imperative sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Every failure that stage-flash foresees. Anything else that is thrown is a defect of stage-flash itself. */
export class StageFlashError extends Error {
  override readonly name = 'StageFlashError';
  readonly kind: ErrorKind;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.hint = details.hint;
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind];
  }
}

const FILE_TROUBLES: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist, or its folder does not',
  ENOTDIR: 'its folder is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EPIPE: 'its reader has gone away',
};

/** Why a file or a stream cannot be read or written, as half a sentence. */
export function fileTrouble(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return code === undefined ? String(error) : (FILE_TROUBLES[code] ?? code);
}

/** `0x08020000`: addresses are always printed with eight hexadecimal digits. */
export function hex32(value: number): string {
  return `0x${(value >>> 0).toString(16).toUpperCase().padStart(8, '0')}`;
}
