/**
 * A file that a command leaves behind: one JSON value. It is begun before the command does anything, so a path that cannot be written is
 * found in time, and it never takes the place of something else: what is there must be JSON already, or empty.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { StageFlashError, fileTrouble } from '../errors.js';

export interface ResultFile {
  /** @throws StageFlashError kind `output` when the disk has filled up since, or the folder has gone */
  readonly write: (value: object) => void;
}

/**
 * @param first what the file holds until there is a result
 * @throws StageFlashError kind `usage`
 */
export function beginResultFile(path: string, first: object): ResultFile {
  try {
    if (!isJsonOrNothing(path)) {
      throw new StageFlashError('usage', `${path} exists and holds no JSON: it is not overwritten`, { hint: 'Name another file, or delete it first.' });
    }
    writeValue(path, first);
  } catch (cause) {
    if (cause instanceof StageFlashError) throw cause;
    throw new StageFlashError('usage', `${path} cannot be written: ${fileTrouble(cause)}`, { hint: 'Name a file in a folder that exists and can be written.', cause });
  }
  return {
    write: (value) => {
      try {
        writeValue(path, value);
      } catch (cause) {
        throw new StageFlashError('output', `${path} cannot be written: ${fileTrouble(cause)}`, { cause });
      }
    },
  };
}

/** A device is no file that could be lost, and may never end. */
function isJsonOrNothing(path: string): boolean {
  if (!existsSync(path) || !statSync(path).isFile()) return true;
  const content = readFileSync(path, 'utf8');
  if (content.trim() === '') return true;
  try {
    JSON.parse(content);
    return true;
  } catch {
    return false;
  }
}

function writeValue(path: string, value: object): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
