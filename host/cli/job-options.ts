/** The options that every command has that speaks with a board: where it is, what is printed, what is left behind. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { StageFlashError } from '../errors.js';
import type { AskConsent, JobOptions } from '../flash-options.js';
import { addEnterOptions, addLeaveOptions, boardMoves, type MoveValues } from './board-moves.js';
import type { CommandContext } from './command-context.js';
import type { PrintStyle } from './print.js';

export interface JobValues extends MoveValues {
  readonly to?: string;
  readonly chip?: string;
  readonly retryBudget?: number;
  readonly trace?: string;
  readonly kick?: { readonly pin: string; readonly periodMs: number };
  readonly avoidXonxoff?: true;
  readonly report?: string;
  readonly takeover?: true;
  readonly json?: true;
  readonly quiet?: true;
}

export function addJobOptions(command: Command): Command {
  return addTellOptions(addLeaveOptions(addEnterOptions(command))
    .option('--retry-budget <minutes>', 'how long a connection that broke may be away (default: 10)', parseMinutes));
}

/** Which part it is, and what is told of the job. */
export function addTellOptions(command: Command): Command {
  return command
    .option('--chip <name>', 'the part, where its device id leaves a choice, e.g. STM32H743xI')
    .option('--report <file>', 'write what was done, in numbers, as JSON into a file, also when it fails')
    .option('--trace <file>', 'write all bytes that pass the link, with times, into a file')
    .addOption(new Option('--json', 'print events and result as one JSON value per line').conflicts(['quiet']))
    .addOption(new Option('--verbose', 'say first which setting comes from where').conflicts(['quiet']))
    .option('--quiet', 'print the result, warnings and errors only');
}

/** Of the commands that speak with the stub. */
export function addStubOptions(command: Command): Command {
  return addAvoidXonXoff(command
    .addOption(new Option('--kick <pin@ms>', 'for a watchdog beside the chip: the stub toggles this pin so often, e.g. PB7@500. The ROM bootloader cannot: the watchdog must bear twelve round trips and a second or two').conflicts('direct').argParser(parseKick)));
}

export function addAvoidXonXoff(command: Command): Command {
  return command.addOption(new Option('--avoid-xonxoff', 'keep 0x11 and 0x13 off the wire, for a converter that takes them for XON and XOFF (2 % more bytes)').conflicts('direct'));
}

/** Of those among them that begin nothing that could be gone on with. */
export function addVisitOptions(command: Command): Command {
  return addStubOptions(command).option('--takeover', 'end what a stub does on the board for another host');
}

/** Without it no command can begin; it stands first in the help. */
export function addLinkOption(command: Command): Command {
  return command.option('--to <url>', 'link to the board: tcp://, udp://, rfc2217:// or tls://HOST:PORT, serial:///dev/ttyUSB0, exec:COMMAND, sim:[?OPTIONS], or @NAME of a board in stage-flash.toml; ?baud=115200&parity=even says what the line is set to');
}

export function jobOptions(values: JobValues, { signal, ask }: CommandContext): Omit<JobOptions, 'events'> {
  const { to = '' } = values;
  if (to === '') {
    throw new StageFlashError('usage', 'where is the board?', { hint: 'Say --to tcp://HOST:PORT, or set STAGE_FLASH_TO, or name it in stage-flash.toml; --to sim: is a virtual board.' });
  }
  const { chip, retryBudget, trace: tracePath, kick, avoidXonxoff } = values;
  return {
    to,
    signal,
    ...boardMoves(values, values.json ? undefined : ask),
    ...(chip !== undefined && { chip }),
    ...(retryBudget !== undefined && { retryBudgetMs: retryBudget * 60_000 }),
    ...(tracePath !== undefined && { tracePath }),
    ...(values.takeover && { takeover: true }),
    ...(kick !== undefined && { kick }),
    ...(avoidXonxoff && { avoidXonXoff: true }),
  };
}

/** With --yes there is no question; programs are not asked. */
export function consentOf({ yes, json }: JobValues & { readonly yes?: true }, { ask }: CommandContext): AskConsent | undefined {
  if (yes) return () => Promise.resolve(true);
  return json ? undefined : ask;
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

/** VTOR takes multiples of 128 (PM0253 §4.3.4). */
export function parseVectorTable(text: string): number {
  const address = parseAddress(text);
  if (address % 128 !== 0) throw new InvalidArgumentError('A vector table lies at a multiple of 128, like 0x08000000.');
  return address;
}

/** `PB7@500`, `B.7@500`, `PB7@500ms`. */
function parseKick(text: string): NonNullable<JobValues['kick']> {
  const [, port = '', pin = '', period = ''] = /^P?([A-K])\.?(\d{1,2})@(\d+)(?:ms)?$/i.exec(text) ?? [];
  if (port === '' || Number(pin) > 15) throw new InvalidArgumentError('A pin and milliseconds are written like PB7@500: ports A to K, pins 0 to 15.');
  if (Number(period) < 10 || Number(period) > 60_000) throw new InvalidArgumentError('10 to 60000 milliseconds.');
  return { pin: `P${port.toUpperCase()}${Number(pin)}`, periodMs: Number(period) };
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (text.trim() === '' || !(minutes >= 0)) throw new InvalidArgumentError('A budget is a number of minutes.');
  return minutes;
}
