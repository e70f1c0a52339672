/** Runs a command of the user's, beside the link: what it says becomes notes, how it ends becomes success or one line. */
import process from 'node:process';
import { execa } from 'execa';
import { StageFlashError } from '../errors.js';
import type { JobEvents } from '../job-events.js';

/** A relay, a converter's web page, a power distribution unit: seconds. Who has not ended by then waits for something. */
const LONGEST_MS = 60_000;

/** A process group of its own, so that all of a pipeline can be ended. */
const HAS_GROUPS = process.platform !== 'win32';

/**
 * @param name of the option, for messages: the command itself may hold a password
 * @throws StageFlashError kind `link` when it fails, `interrupted`
 */
export async function runCommand(name: string, command: string, events: JobEvents, signal: AbortSignal | undefined, longestMs = LONGEST_MS): Promise<void> {
  signal?.throwIfAborted();
  const running = execa(command, { shell: true, detached: HAS_GROUPS, stdin: 'ignore', all: true, reject: false });
  const end = (): void => {
    if (!endAll(running.pid)) running.kill('SIGKILL');
  };
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, longestMs);
  signal?.addEventListener('abort', end);
  try {
    for await (const line of running.iterable({ from: 'all' })) events.note(`${name}: ${line}`);
    const { exitCode, signal: endedBy } = await running;
    if (signal?.aborted) throw new StageFlashError('interrupted', `${name} was interrupted`);
    if (isLate) throw new StageFlashError('link', `${name} has not ended after ${longestMs / 1000} s`, { hint: 'It was ended. It must end by itself; let what takes longer go on in the background.' });
    if (exitCode !== 0) {
      throw new StageFlashError('link', `${name} ${exitCode === undefined ? `was ended by ${endedBy ?? 'something'}` : `ended with exit code ${exitCode}`}`, { hint: 'Try the command by itself; what it said stands above.' });
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

/** @returns false where there is no group, or none any more */
function endAll(pid: number | undefined): boolean {
  if (!HAS_GROUPS || pid === undefined) return false;
  try {
    return process.kill(-pid, 'SIGKILL');
  } catch {
    return false;
  }
}
