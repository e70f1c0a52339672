/**
 * What sectors held beside the image before they were erased, on disk, so that not even a power cut loses it: one small file per chip, by its unique
 * id, whatever link leads there. Written and synced before the first erase; a sector leaves it when a job has proven what is in flash now. It lies in the
 * user's state folder (XDG Base Directory: XDG_STATE_HOME).
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { StageFlashError, fileTrouble } from '../errors.js';
import type { AddressedRange } from '../protocol/ranges.js';
import type { FlashContent } from './missing-content.js';
import { writeSynced } from './write-synced.js';

/** One sector that a job was about to erase. */
export interface SectorOnDisk {
  readonly sector: number;
  /** Of which the job knew what it held, in address order: beside its image. */
  readonly beside: readonly AddressedRange[];
  /** All that is not blank there. */
  readonly kept: readonly FlashContent[];
  /** The sector that this job erased first, and digests by which it shows that the job had not begun, or has ended: then the flash itself is right. */
  readonly firstErased: number;
  readonly notUnderWay: readonly number[];
  /** For people. */
  readonly savedAt: string;
  /** The last job that has looked at it, by when it began: what that one's session file says of the sector is the newest. */
  readonly seenBy: string;
}

export interface RestJournal {
  /** @throws StageFlashError kind `refused` for a file that is damaged: what it kept must not be taken for nothing */
  load(chip: string): readonly SectorOnDisk[];
  /** @throws StageFlashError kind `refused` when it cannot be written */
  save(chip: string, sectors: readonly SectorOnDisk[]): void;
}

interface JournalFile {
  readonly version: 2;
  /** Of `sectors`, as it stands. */
  readonly sha256: string;
  /** JSON, the bytes in it as base64. */
  readonly sectors: string;
}

const GIVE_UP = '--erase-rest gives up what is beside the image.';
const stateFolder = (): string => join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'stage-flash', 'rests');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export function restJournal(folder = stateFolder()): RestJournal {
  const pathOf = (chip: string): string => join(folder, `${chip}.json`);
  return {
    load: (chip) => {
      const text = readIfThere(pathOf(chip));
      return text === undefined ? [] : (parse(text) ?? refuse(`${pathOf(chip)} is damaged: what it kept of the board's flash is lost`, undefined, `Remove the file if that is nothing to you. ${GIVE_UP}`));
    },
    save: (chip, sectors) => {
      const path = pathOf(chip);
      try {
        if (sectors.length === 0) return rmSync(path, { force: true });
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeSynced(path, serialise(sectors));
      } catch (error) {
        refuse(`what the board holds beside the image cannot be written to ${path}: ${fileTrouble(error)}`, error, `Set XDG_STATE_HOME to a folder that can be written. ${GIVE_UP}`);
      }
    },
  };
}

/** For boards that end with the process. */
export const NO_REST_JOURNAL: RestJournal = { load: () => [], save: () => undefined };

function refuse(message: string, cause: unknown, hint: string): never {
  throw new StageFlashError('refused', message, { hint, ...(cause !== undefined && { cause }) });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    return refuse(`${path} cannot be read: ${fileTrouble(error)}`, error, `It holds what a job that was cut kept of the board's flash. ${GIVE_UP}`);
  }
}

function serialise(sectors: readonly SectorOnDisk[]): string {
  const text = JSON.stringify(sectors.map((one) => ({ ...one, kept: one.kept.map(({ address, bytes }) => ({ address, base64: Buffer.from(bytes).toString('base64') })) })));
  const file: JournalFile = { version: 2, sha256: sha256(text), sectors: text };
  return JSON.stringify(file);
}

function parse(text: string): readonly SectorOnDisk[] | undefined {
  try {
    const file = JSON.parse(text) as JournalFile;
    if (file.version !== 2 || sha256(file.sectors) !== file.sha256) return undefined;
    const sectors = JSON.parse(file.sectors) as (Omit<SectorOnDisk, 'kept'> & { readonly kept: readonly { readonly address: number; readonly base64: string }[] })[];
    return sectors.map((one) => ({ ...one, kept: one.kept.map(({ address, base64 }) => ({ address, bytes: new Uint8Array(Buffer.from(base64, 'base64')) })) }));
  } catch {
    return undefined;
  }
}
