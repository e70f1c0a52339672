/** `stage-flash flash <image>`, the default command: options → one call of `flash()` → what is printed. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { StageFlashError } from '../errors.js';
import type { AfterFlash, FlashOptions, Report } from '../flash-options.js';
import { helpAfterOptions } from './help-text.js';
import type { Output, PrintStyle } from './print.js';
import { createPrinter } from './print.js';

/** What a command needs of the process around it. */
export interface CommandContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly flash: (options: FlashOptions) => Promise<Report>;
}

interface FlashValues {
  readonly to?: string;
  readonly address?: number;
  readonly full?: true;
  readonly compress: boolean;
  readonly direct?: true;
  readonly dryRun?: true;
  readonly stay?: true;
  readonly go?: number;
  readonly chip?: string;
  readonly retryBudget?: number;
  readonly trace?: string;
  readonly json?: true;
  readonly quiet?: true;
}

export function addFlashCommand(program: Command, context: CommandContext): Command {
  return program
    .command('flash', { isDefault: true })
    .description('flash an image and prove on the board that it is there (the default command)')
    .argument('<image>', 'raw binary or Intel HEX')
    .option('--to <url>', 'link to the board: tcp://, udp://, rfc2217:// or tls://HOST:PORT, serial:///dev/ttyUSB0, exec:COMMAND or sim:[?OPTIONS]; ?baud=115200&parity=even says what the line is set to')
    .option('--address <address>', 'where a raw binary belongs (default: 0x08000000)', parseAddress)
    .option('--full', 'send everything, also what is in flash already')
    .option('--no-compress', 'send the image as it is')
    .option('--direct', 'use the ROM bootloader alone: slow, but runs no code of ours on the board')
    .option('--dry-run', 'look at the board, show the plan, change nothing')
    .addOption(new Option('--reset', 'reset the board in the end (default)').conflicts(['stay', 'go']))
    .addOption(new Option('--stay', 'leave the board as it is in the end').conflicts(['go']))
    .addOption(new Option('--go <address>', 'start the program whose vector table is there in the end').conflicts('direct').argParser(parseVectorTable))
    .option('--chip <name>', 'the part, where its device id leaves a choice, e.g. STM32H743xI')
    .option('--retry-budget <minutes>', 'how long a connection that broke may be away (default: 10)', parseMinutes)
    .option('--trace <file>', 'write all bytes that pass the link, with times, into a file')
    .addOption(new Option('--json', 'print events and result as one JSON value per line').conflicts(['quiet']))
    .option('--quiet', 'print the result, warnings and errors only')
    .addHelpText('after', helpAfterOptions())
    .action((imagePath: string, values: FlashValues) => runFlash(imagePath, values, context));
}

async function runFlash(imagePath: string, values: FlashValues, context: CommandContext): Promise<void> {
  const printer = createPrinter(printStyle(values), context.stdout, context.stderr);
  try {
    printer.result(await context.flash({ ...flashOptions(imagePath, values, context), events: printer.event }));
  } finally {
    printer.end();
  }
}

function flashOptions(imagePath: string, values: FlashValues, { environment, signal }: CommandContext): Omit<FlashOptions, 'events'> {
  const to = values.to ?? environment['STAGE_FLASH_TO'];
  if (to === undefined || to === '') {
    throw new StageFlashError('usage', 'where is the board?', { hint: 'Say --to tcp://HOST:PORT, or set STAGE_FLASH_TO; --to sim: is a virtual board.' });
  }
  const { address, chip, retryBudget, trace: tracePath } = values;
  return {
    imagePath,
    to,
    full: values.full ?? false,
    compress: values.compress,
    direct: values.direct ?? false,
    dryRun: values.dryRun ?? false,
    after: afterFlash(values),
    signal,
    ...(address !== undefined && { address }),
    ...(chip !== undefined && { chip }),
    ...(retryBudget !== undefined && { retryBudgetMs: retryBudget * 60_000 }),
    ...(tracePath !== undefined && { tracePath }),
  };
}

function afterFlash({ stay, go }: FlashValues): AfterFlash {
  if (go !== undefined) return { go };
  return stay ? 'stay' : 'reset';
}

function printStyle({ json, quiet }: FlashValues): PrintStyle {
  if (json) return 'json';
  return quiet ? 'quiet' : 'people';
}

/** Hexadecimal with 0x, or decimal. */
function parseAddress(text: string): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (!(value < 2 ** 32)) throw new InvalidArgumentError('An address is written like 0x08000000.');
  return value;
}

/** VTOR takes multiples of 128 (PM0253 §4.3.4). */
function parseVectorTable(text: string): number {
  const address = parseAddress(text);
  if (address === 0 || address % 128 !== 0) throw new InvalidArgumentError('A vector table lies at a multiple of 128, like 0x08000000.');
  return address;
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (text.trim() === '' || !(minutes >= 0)) throw new InvalidArgumentError('A budget is a number of minutes.');
  return minutes;
}
