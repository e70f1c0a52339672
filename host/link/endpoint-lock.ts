/**
 * One process per endpoint on this machine: a lock file that names its owner. Two hosts are kept apart by the converter or by the stub.
 *
 * Created with O_EXCL. The lock of a dead process is removed under a second lock that is named after that very generation of the file:
 * whoever holds it checks again before removing, so no process can remove a lock that another has just taken over.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { StageFlashError } from '../errors.js';

export interface EndpointLock {
  /** May be called twice. Happens by itself when the process exits; after a kill the next process sees that the owner is dead. */
  release(): void;
}

interface FoundLock {
  /** Undefined while its owner is between creating and writing the file. */
  readonly pid: number | undefined;
  readonly boot: string;
  readonly modifiedMs: number;
  /** Differs whenever the file was removed and created again. */
  readonly generation: string;
}

/** Between creating and writing lie microseconds; a file that is empty for longer was left by a crash or a full disk. */
const EMPTY_GRACE_MS = 5000;
/** Others can win the race for a freed lock this often before we call it busy. */
const ATTEMPTS = 10;

/**
 * @param endpoint what must be used once, e.g. `tcp://10.0.0.5:4001`
 * @param folder private to the user where there is such a place @default $XDG_RUNTIME_DIR, else the folder for temporary files
 * @param identity what makes it the same endpoint, where its name tells less; never written down but as a hash
 * @throws StageFlashError kind `link` naming the process that holds it
 */
export function lockEndpoint(endpoint: string, folder = process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), identity = endpoint): EndpointLock {
  const key = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  const path = join(folder, `stage-flash-${key}.lock`);
  const content = JSON.stringify({ pid: process.pid, boot: bootId(), endpoint, token: randomUUID() });
  acquire(path, content, endpoint);
  const release = (): void => {
    process.off('exit', release);
    if (readContent(path) === content) remove(path);
  };
  process.on('exit', release);
  return { release };
}

function acquire(path: string, content: string, endpoint: string): void {
  let holder: FoundLock | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(path, content)) return;
    holder = inspect(path);
    if (!holder) continue;
    if (!isStale(holder)) break;
    removeStale(path, holder, content, endpoint);
  }
  const who = holder?.pid === process.pid ? 'this very process' : `process ${holder?.pid ?? 'unknown'}`;
  throw new StageFlashError('link', `${endpoint} is in use by another stage-flash (${who})`, {
    hint: `Wait for it or end it. If it is no stage-flash, delete ${path}`,
  });
}

function removeStale(path: string, stale: FoundLock, content: string, endpoint: string): void {
  const guard = `${path}.${stale.generation}`;
  acquire(guard, content, endpoint);
  try {
    if (inspect(path)?.generation === stale.generation) remove(path);
  } finally {
    remove(guard);
  }
}

function isStale({ pid, boot, modifiedMs }: FoundLock): boolean {
  if (pid === undefined) return Date.now() - modifiedMs > EMPTY_GRACE_MS;
  return boot !== bootId() || !isAlive(pid);
}

/** Process ids are given out anew after a restart. Linux names each run; elsewhere all runs are taken for one. */
function bootId(): string {
  return process.platform === 'linux' ? (readContent('/proc/sys/kernel/random/boot_id') ?? '').trim() : '';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

function inspect(path: string): FoundLock | undefined {
  const content = readContent(path);
  if (content === undefined) return undefined;
  try {
    const { ino, mtimeMs } = statSync(path);
    const generation = createHash('sha256').update(`${ino} ${mtimeMs} ${content}`).digest('hex').slice(0, 16);
    const pid = Number(/"pid":(\d+)/.exec(content)?.[1]);
    const boot = /"boot":"([^"]*)"/.exec(content)?.[1] ?? '';
    return { pid: pid > 0 ? pid : undefined, boot, modifiedMs: mtimeMs, generation };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw lockFailure(path, error);
  }
}

function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    // Windows says EPERM or EBUSY while a deleted file is still open somewhere.
    if (['EEXIST', 'EPERM', 'EBUSY'].includes(errorCode(error))) return false;
    throw lockFailure(path, error);
  }
}

function readContent(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw lockFailure(path, error);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw lockFailure(path, error);
  }
}

function lockFailure(path: string, cause: unknown): StageFlashError {
  return new StageFlashError('link', `the lock file ${path} cannot be used (${errorCode(cause)})`, {
    hint: 'Set XDG_RUNTIME_DIR to a folder that you can write, or delete a lock that another user left.',
    cause,
  });
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
