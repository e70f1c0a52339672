/** `stage-flash flash <image>`, the default command: options → one call of `flash()` → what is printed. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { AfterFlash, FlashOptions } from '../flash-options.js';
import type { CommandContext } from './command-context.js';
import { DEFAULT_WITHIN_S, expectation, parseSeconds, type ExpectValues } from './expect-options.js';
import { helpAfterOptions } from './help-text.js';
import { addJobOptions, addLinkOption, addStubOptions, consentOf, parseAddress, parseVectorTable, type JobValues } from './job-options.js';
import { runJob } from './run-job.js';

interface FlashValues extends JobValues, ExpectValues {
  readonly address?: number;
  readonly full?: true;
  readonly base?: string;
  readonly compress: boolean;
  readonly streamBaud?: number;
  readonly eraseRest?: true;
  readonly orphanAfter?: number;
  readonly direct?: true;
  readonly dryRun?: true;
  readonly stay?: true;
  readonly go?: number;
  readonly yes?: true;
}

export function addFlashCommand(program: Command, context: CommandContext): Command {
  const command = program
    .command('flash', { isDefault: true })
    .description('flash an image and prove on the board that it is there (the default command)')
    .argument('<image>', 'raw binary or Intel HEX');
  addLinkOption(command)
    .option('--address <address>', 'where a raw binary belongs (default: 0x08000000)', parseAddress)
    .option('--full', 'send everything, also what is in flash already, and as no difference to it')
    .option('--base <old>', 'the image that is in flash now: only the difference is sent (what this host flashed before, it remembers)')
    .option('--no-compress', 'send the image as it is')
    .addOption(new Option('--stream-baud <rate>', 'bits per second while the image is sent, where the link can change the rate of its line (default: that of the line)').conflicts('direct').argParser(parseBaud))
    .option('--erase-rest', 'erase what touched sectors hold beside the image (default: it stays)')
    .option('--direct', 'use the ROM bootloader alone: slow, but runs no code of ours on the board')
    .option('--dry-run', 'look at the board, show the plan, change nothing')
    .addOption(new Option('--reset', 'reset the board in the end (default)').conflicts(['stay', 'go']))
    .addOption(new Option('--stay', 'leave the board as it is in the end').conflicts(['go']))
    .addOption(new Option('--go <address>', 'start the program whose vector table is there in the end').conflicts('direct').argParser(parseFlashTable))
    .addOption(new Option('--expect <text>', 'what the application must say after the reset, on the same line').conflicts(['stay', 'direct']))
    .option('--within <seconds>', `how long it may take to say that (default: ${DEFAULT_WITHIN_S})`, parseSeconds)
    .addOption(new Option('--orphan-after <seconds>', 'how long a board whose flash is proven waits for its host before it resets itself; 0: for ever (default: 900)').conflicts(['direct', 'stay']).argParser(parseOrphanSeconds))
    .addOption(new Option('--takeover', 'end what a stub does on the board for another host, and begin anew').conflicts(['direct', 'dryRun']))
    .option('--yes', 'do it without asking, also where a job that is cut leaves no way back into the board');
  return addJobOptions(addStubOptions(command))
    .addHelpText('after', helpAfterOptions())
    .action((imagePath: string, values: FlashValues) => runJob('flash', values, context, (options) => context.flash({ ...options, ...flashOptions(imagePath, values), consent: consentOf(values, context) })));
}

function flashOptions(imagePath: string, values: FlashValues): Omit<FlashOptions, 'to' | 'events'> {
  const { address, base } = values;
  return {
    imagePath,
    full: values.full ?? false,
    compress: values.compress,
    eraseRest: values.eraseRest ?? false,
    direct: values.direct ?? false,
    dryRun: values.dryRun ?? false,
    after: afterFlash(values),
    ...(address !== undefined && { address }),
    ...(values.streamBaud !== undefined && { streamBaud: values.streamBaud }),
    ...(values.orphanAfter !== undefined && { orphanMs: values.orphanAfter * 1000 }),
    ...(base !== undefined && { basePath: base }),
    ...expectation(values),
  };
}

function afterFlash({ stay, go }: FlashValues): AfterFlash {
  if (go !== undefined) return { go };
  return stay ? 'stay' : 'reset';
}

/** Nothing of the flash is at 0. */
function parseFlashTable(text: string): number {
  const address = parseVectorTable(text);
  if (address === 0) throw new InvalidArgumentError('A vector table lies at a multiple of 128, like 0x08000000.');
  return address;
}

/** A USART of 64 MHz that samples each bit 16 times (RM0433 §48.5.4). */
function parseBaud(text: string): number {
  const baudRate = Number(text);
  if (!Number.isInteger(baudRate) || baudRate < 1200 || baudRate > 4_000_000) throw new InvalidArgumentError('That is a number of bits per second, 1200 to 4000000.');
  return baudRate;
}

function parseOrphanSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > 86_400) throw new InvalidArgumentError('That is a whole number of seconds, up to a day.');
  return seconds;
}
