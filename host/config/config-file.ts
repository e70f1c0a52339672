/**
 * The content of a `stage-flash.toml` → settings and named boards. Pure.
 *
 * Values are texts as they would stand on the command line, and are checked where those are; here it is checked that every key means
 * something: a mistyped one would else be a setting that silently is not made.
 */
import { parse, TomlError, type TomlTable, type TomlValue } from 'smol-toml';
import { StageFlashError } from '../errors.js';

export interface ConfigFile {
  readonly path: string;
  readonly settings: Settings;
  readonly boards: ReadonlyMap<string, Board>;
}

/** By the name of the option that they stand for. */
export type Settings = ReadonlyMap<string, string>;

export interface Board {
  readonly url: string;
  readonly settings: Settings;
}

type Kind = 'string' | 'number' | 'boolean';

/** What may be set for all boards. */
const FILE_KEYS: Readonly<Record<string, Kind>> = { to: 'string', 'retry-budget': 'number' };

/** What may be set for one. */
export const BOARD_KEYS: Readonly<Record<string, Kind>> = {
  url: 'string', chip: 'string', 'retry-budget': 'number', 'stream-baud': 'number', kick: 'string', 'avoid-xonxoff': 'boolean', enter: 'string', 'enter-ask': 'string', 'enter-cmd': 'string', 'enter-send': 'string', leave: 'string', 'leave-ask': 'string', 'leave-cmd': 'string',
};

/** Every option that can be set here, or by STAGE_FLASH_… in the environment. */
export const SETTING_NAMES: readonly string[] = ['to', ...Object.keys(BOARD_KEYS).filter((key) => key !== 'url')];

const BOARD_NAME = /^[A-Za-z0-9._-]+$/;

/** @throws StageFlashError kind `usage` that names file and key */
export function parseConfigFile(path: string, text: string): ConfigFile {
  const { boards = {}, ...settings } = parseToml(path, text);
  if (!isTable(boards)) throw wrong(path, 'boards', 'must be a table, [boards.NAME]');
  return {
    path,
    settings: readKeys(path, '', settings, FILE_KEYS, ['boards']),
    boards: new Map(Object.entries(boards).map(([name, board]) => [name, readBoard(path, name, board)])),
  };
}

function readBoard(path: string, name: string, board: TomlValue): Board {
  const where = `boards.${name}`;
  if (!BOARD_NAME.test(name)) throw wrong(path, where, 'must have a name of letters, digits, dots, hyphens and underscores');
  if (!isTable(board)) throw wrong(path, where, 'must be a table');
  const settings = new Map(readKeys(path, `${where}.`, board, BOARD_KEYS));
  const url = settings.get('url');
  if (url === undefined) throw wrong(path, where, 'lacks its url');
  settings.delete('url');
  return { url, settings };
}

function readKeys(path: string, prefix: string, table: TomlTable, keys: Readonly<Record<string, Kind>>, tables: readonly string[] = []): Settings {
  return new Map(Object.entries(table).map(([key, value]) => {
    const kind = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (kind === undefined) {
      const boardsOwn = prefix === '' ? '; a board’s own stand under [boards.NAME]' : '';
      throw new StageFlashError('usage', `${path}: there is no setting "${prefix}${key}"`, { hint: `There are ${[...Object.keys(keys), ...tables].join(', ')}${boardsOwn}.` });
    }
    if (typeof value !== kind && !(kind === 'number' && typeof value === 'bigint')) throw wrong(path, prefix + key, { number: 'must be a number', string: 'must be a text in quotes', boolean: 'must be true or false' }[kind]);
    return [key, String(value)];
  }));
}

function parseToml(path: string, text: string): TomlTable {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    // Its first line tells what is wrong, the others draw it.
    const [what = ''] = cause.message.split('\n');
    throw new StageFlashError('usage', `${path}:${cause.line}:${cause.column}: ${what}`, { hint: 'The file is TOML: key = "text", tables as [boards.NAME].', cause });
  }
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}

function wrong(path: string, key: string, what: string): StageFlashError {
  return new StageFlashError('usage', `${path}: ${key} ${what}`);
}
