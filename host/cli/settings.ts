/**
 * Options that were not given take their value from the environment, the board that `--to @NAME` calls, the nearest stage-flash.toml or the
 * user's, in this order. Works on Commander's own tables, so every command that speaks with a board has it.
 */
import type { Command, Option } from 'commander';
import { InvalidArgumentError } from 'commander';
import { type ConfigFile, type Settings, SETTING_NAMES } from '../config/config-file.js';
import { findConfigFiles } from '../config/find-config.js';
import { StageFlashError } from '../errors.js';
import { parseLinkUrl } from '../link/link-url.js';
import type { CommandContext } from './command-context.js';

/** Where a value can come from. */
interface Layer {
  /** For messages: completes "chip from …". */
  readonly name: string;
  readonly settings: Settings;
}

/** To be called between parsing and acting. Leaves commands alone that have no `--to`. */
export function applySettings(command: Command, { environment, directory, stderr }: CommandContext): void {
  const optionOf = (name: string): Option | undefined => command.options.find((option) => option.long === `--${name}`);
  const link = optionOf('to');
  if (link === undefined) return;
  const files = directory === undefined ? [] : findConfigFiles(directory, environment);
  const variables: Layer = { name: 'the environment', settings: new Map(SETTING_NAMES.flatMap((name) => {
    const value = environment[variableName(name)];
    return value === undefined || value === '' ? [] : [[name, value]];
  })) };
  const layers = [variables, ...files.map(({ path, settings }) => ({ name: path, settings }))];
  setFrom(command, link, layers);
  const board = calledBoard(String(command.getOptionValue('to') ?? ''), files);
  if (board !== undefined) command.setOptionValueWithSource('to', board.url, board.name);
  const ordered = board === undefined ? layers : [variables, board, ...layers.slice(1)];
  const others = SETTING_NAMES.flatMap((name) => optionOf(name) ?? []).filter((option) => option !== link);
  for (const option of others) setFrom(command, option, ordered);
  if (command.getOptionValue('verbose') === true) stderr.write([link, ...others].map((option) => `${describe(command, option)}\n`).join(''));
}

/** STAGE_FLASH_TO for `to`, STAGE_FLASH_RETRY_BUDGET for `retry-budget`. */
export function variableName(setting: string): string {
  return `STAGE_FLASH_${setting.toUpperCase().replaceAll('-', '_')}`;
}

function setFrom(command: Command, option: Option, layers: readonly Layer[]): void {
  const key = option.attributeName();
  if (command.getOptionValueSource(key) === 'cli') return;
  const name = option.long!.slice(2);
  const layer = layers.find(({ settings }) => settings.has(name));
  if (layer === undefined) return;
  const text = layer.settings.get(name)!;
  try {
    const value = option.isBoolean() ? parseFlag(text) : option.parseArg ? option.parseArg(text, undefined) : text;
    command.setOptionValueWithSource(key, value, layer.name);
  } catch (cause) {
    if (!(cause instanceof InvalidArgumentError)) throw cause;
    throw new StageFlashError('usage', `${name} from ${layer.name}: ${cause.message}`, { cause });
  }
}

/** An option without a value, where one is needed to name it. */
function parseFlag(text: string): boolean {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new InvalidArgumentError('That is true or false.');
}

function calledBoard(to: string, files: readonly ConfigFile[]): (Layer & { readonly url: string }) | undefined {
  if (!to.startsWith('@')) return undefined;
  const called = to.slice(1);
  for (const { path, boards } of files) {
    const board = boards.get(called);
    if (board !== undefined) return { ...board, name: `board ${called} in ${path}` };
  }
  const known = files.flatMap(({ boards }) => [...boards.keys()]).map((name) => `@${name}`);
  throw new StageFlashError('usage', `there is no board "${called}"`, {
    hint: known.length > 0 ? `There are ${known.join(', ')}.` : 'Boards are named in stage-flash.toml: [boards.NAME] with url = "tcp://HOST:PORT".',
  });
}

/** One line of --verbose. Commands and URLs may hold what nobody else should read: they are shown without it. */
function describe(command: Command, option: Option): string {
  const name = option.long!.slice(2);
  const key = option.attributeName();
  const value: unknown = command.getOptionValue(key);
  if (value === undefined) return `${name}: not set`;
  const source = command.getOptionValueSource(key);
  const from = source === 'cli' ? `--${name}` : source;
  if (name === 'to') return `to: ${parseLinkUrl(String(value)).name} (${from})`;
  return typeof value === 'number' || typeof value === 'boolean' || name === 'chip' ? `${name}: ${String(value)} (${from})` : `${name}: set (${from})`;
}
