/**
 * What a later process needs to go on where this one ended, and which sectors a job that did not end well may have left half done: one small
 * file per board, written ahead of whatever changes a sector and removed when the flash is proven. It lies in the user's state folder (XDG
 * Base Directory: XDG_STATE_HOME).
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { MessageValues } from '../protocol/messages.js';
import { WIRE_VERSION } from '../protocol/wire.js';
import { writeSynced } from './write-synced.js';

export interface SavedSession {
  readonly wireVersion: number;
  /** Absent: the stub is known to be gone. */
  readonly token?: number;
  /** The stub was told to speak only when asked. */
  readonly isOnlyAsked?: boolean;
  /** What the stub told when it started: the survey that the plan was made of. */
  readonly facts: MessageValues<'facts'>;
  /** CRC-32 of the whole stream: the same image and options make the same one. */
  readonly streamCrc: number;
  readonly roundTripMs: number;
  /** Numbers of sectors that the plan did not trust, whatever their digests said: earlier jobs had left them in progress. */
  readonly distrusted: readonly number[];
  /** Numbers of sectors that a cut may leave in any state, by what is known now. */
  readonly inProgress: readonly number[];
  /** Nothing behind this has been sent of the stream that would change another sector. */
  readonly sentBytes: number;
  /** When the job began, by this machine's clock. */
  readonly startedAt: string;
}

export interface SessionFile {
  /** Undefined when there is none, or one that this version cannot use. */
  load(): SavedSession | undefined;
  save(session: Omit<SavedSession, 'wireVersion'>): void;
  remove(): void;
}

const stateFolder = (): string => join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'stage-flash', 'sessions');

/** @param board what names the board's link, and is never written down but as a hash */
export function sessionFile(board: string, folder = stateFolder()): SessionFile {
  const path = join(folder, `${createHash('sha256').update(board).digest('hex').slice(0, 24)}.json`);
  return {
    load: () => {
      try {
        const saved = JSON.parse(readFileSync(path, 'utf8')) as SavedSession;
        if (!Array.isArray(saved.inProgress)) return undefined;
        if (saved.wireVersion === WIRE_VERSION) return saved;
        // A stub of another age is no use; the sectors that it left in progress are what they are.
        const { token: _, ...rest } = saved;
        return rest;
      } catch {
        // No file, or one that a crash left half-written: either way there is nothing to go on with.
        return undefined;
      }
    },
    save: (session) => {
      mkdirSync(folder, { recursive: true });
      writeSynced(path, JSON.stringify({ wireVersion: WIRE_VERSION, ...session }));
    },
    remove: () => {
      try {
        rmSync(path, { force: true });
      } catch {
        // A folder that cannot be written holds no session of ours either.
      }
    },
  };
}

/** For boards that end with the process. */
export const NO_SESSION_FILE: SessionFile = { load: () => undefined, save: () => undefined, remove: () => undefined };
