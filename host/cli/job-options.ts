/** The options that every command has that speaks with a board: where it is, what is printed, what is left behind. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { StageFlashError } from '../errors.js';
import type { JobOptions } from '../flash-options.js';
import type { CommandContext } from './command-context.js';
import type { PrintStyle } from './print.js';

export interface JobValues {
  readonly to?: string;
  readonly chip?: string;
  readonly retryBudget?: number;
  readonly trace?: string;
  readonly report?: string;
  readonly json?: true;
  readonly quiet?: true;
}

export function addJobOptions(command: Command): Command {
  return command
    .option('--chip <name>', 'the part, where its device id leaves a choice, e.g. STM32H743xI')
    .option('--retry-budget <minutes>', 'how long a connection that broke may be away (default: 10)', parseMinutes)
    .option('--report <file>', 'write what was done, in numbers, as JSON into a file, also when it fails')
    .option('--trace <file>', 'write all bytes that pass the link, with times, into a file')
    .addOption(new Option('--json', 'print events and result as one JSON value per line').conflicts(['quiet']))
    .option('--quiet', 'print the result, warnings and errors only');
}

/** Without it no command can begin; it stands first in the help. */
export function addLinkOption(command: Command): Command {
  return command.option('--to <url>', 'link to the board: tcp://HOST:PORT[?baud=115200&parity=even] or sim:[?OPTIONS]');
}

export function jobOptions(values: JobValues, { environment, signal }: CommandContext): Omit<JobOptions, 'events'> {
  const to = values.to ?? environment['STAGE_FLASH_TO'];
  if (to === undefined || to === '') {
    throw new StageFlashError('usage', 'where is the board?', { hint: 'Say --to tcp://HOST:PORT, or set STAGE_FLASH_TO; --to sim: is a virtual board.' });
  }
  const { chip, retryBudget, trace: tracePath } = values;
  return {
    to,
    signal,
    ...(chip !== undefined && { chip }),
    ...(retryBudget !== undefined && { retryBudgetMs: retryBudget * 60_000 }),
    ...(tracePath !== undefined && { tracePath }),
  };
}

export function printStyle({ json, quiet }: JobValues): PrintStyle {
  if (json) return 'json';
  return quiet ? 'quiet' : 'people';
}

/** Hexadecimal with 0x, or decimal. */
export function parseAddress(text: string): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (!(value < 2 ** 32)) throw new InvalidArgumentError('An address is written like 0x08000000.');
  return value;
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (text.trim() === '' || !(minutes >= 0)) throw new InvalidArgumentError('A budget is a number of minutes.');
  return minutes;
}
