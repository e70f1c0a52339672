/**
 * Which configuration files there are: the nearest `stage-flash.toml` from the working directory upwards, and the user's own.
 *
 * A file may name commands, so one that somebody else could have put in the way is refused, not read.
 */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileTrouble, StageFlashError } from '../errors.js';
import { type ConfigFile, parseConfigFile } from './config-file.js';

export const CONFIG_NAME = 'stage-flash.toml';

/**
 * @param directory where the search begins
 * @returns the nearest first
 * @throws StageFlashError kind `usage`
 */
export function findConfigFiles(directory: string, environment: Readonly<Record<string, string | undefined>>): readonly ConfigFile[] {
  const userFolder = environment['XDG_CONFIG_HOME'] || join(environment['HOME'] || homedir(), '.config');
  return [nearestFile(directory), readIfThere(join(userFolder, 'stage-flash', 'config.toml'))].filter((file) => file !== undefined);
}

function nearestFile(directory: string): ConfigFile | undefined {
  const file = readIfThere(join(directory, CONFIG_NAME));
  const parent = dirname(directory);
  return file ?? (parent === directory ? undefined : nearestFile(parent));
}

function readIfThere(path: string): ConfigFile | undefined {
  let text: string;
  try {
    demandOwn(path);
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return undefined;
    if (cause instanceof StageFlashError) throw cause;
    throw new StageFlashError('usage', `${path} cannot be read: ${fileTrouble(cause)}`, { cause });
  }
  return parseConfigFile(path, text);
}

function demandOwn(path: string): void {
  const self = process.getuid?.();
  const { uid, mode } = statSync(path);
  if (self === undefined) return;
  const isForeign = uid !== self && uid !== 0;
  // 0o002: everybody may write it.
  if (!isForeign && (mode & 0o002) === 0) return;
  throw new StageFlashError('usage', `${path} ${isForeign ? `belongs to another user (${uid})` : 'may be written by everybody'}, and could name commands to run`, {
    hint: isForeign ? 'Work in another folder, or make the file your own (chown).' : `chmod o-w ${path}`,
  });
}
