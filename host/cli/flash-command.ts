/** `stage-flash flash <image>`, the default command: options → one call of `flash()` → what is printed. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { AfterFlash, FlashOptions } from '../flash-options.js';
import type { CommandContext } from './command-context.js';
import { helpAfterOptions } from './help-text.js';
import { addJobOptions, addLinkOption, parseAddress, type JobValues } from './job-options.js';
import { runJob } from './run-job.js';

interface FlashValues extends JobValues {
  readonly address?: number;
  readonly full?: true;
  readonly compress: boolean;
  readonly direct?: true;
  readonly dryRun?: true;
  readonly stay?: true;
  readonly go?: number;
}

export function addFlashCommand(program: Command, context: CommandContext): Command {
  const command = program
    .command('flash', { isDefault: true })
    .description('flash an image and prove on the board that it is there (the default command)')
    .argument('<image>', 'raw binary or Intel HEX');
  addLinkOption(command)
    .option('--address <address>', 'where a raw binary belongs (default: 0x08000000)', parseAddress)
    .option('--full', 'send everything, also what is in flash already')
    .option('--no-compress', 'send the image as it is')
    .option('--direct', 'use the ROM bootloader alone: slow, but runs no code of ours on the board')
    .option('--dry-run', 'look at the board, show the plan, change nothing')
    .addOption(new Option('--reset', 'reset the board in the end (default)').conflicts(['stay', 'go']))
    .addOption(new Option('--stay', 'leave the board as it is in the end').conflicts(['go']))
    .addOption(new Option('--go <address>', 'start the program whose vector table is there in the end').conflicts('direct').argParser(parseVectorTable));
  return addJobOptions(command)
    .addHelpText('after', helpAfterOptions())
    .action((imagePath: string, values: FlashValues) => runJob('flash', values, context, (options) => context.flash({ ...options, ...flashOptions(imagePath, values) })));
}

function flashOptions(imagePath: string, values: FlashValues): Omit<FlashOptions, 'to' | 'events'> {
  const { address } = values;
  return {
    imagePath,
    full: values.full ?? false,
    compress: values.compress,
    direct: values.direct ?? false,
    dryRun: values.dryRun ?? false,
    after: afterFlash(values),
    ...(address !== undefined && { address }),
  };
}

function afterFlash({ stay, go }: FlashValues): AfterFlash {
  if (go !== undefined) return { go };
  return stay ? 'stay' : 'reset';
}

/** VTOR takes multiples of 128 (PM0253 §4.3.4). */
function parseVectorTable(text: string): number {
  const address = parseAddress(text);
  if (address === 0 || address % 128 !== 0) throw new InvalidArgumentError('A vector table lies at a multiple of 128, like 0x08000000.');
  return address;
}
