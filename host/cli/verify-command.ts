/** `stage-flash verify <image>`. */
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { addJobOptions, addLinkOption, addVisitOptions, parseAddress, type JobValues } from './job-options.js';
import { runJob } from './run-job.js';

interface VerifyValues extends JobValues {
  readonly address?: number;
}

export function addVerifyCommand(program: Command, context: CommandContext): Command {
  const command = program
    .command('verify')
    .description('compare the flash with an image by the board\'s own digest; changes nothing')
    .argument('<image>', 'raw binary or Intel HEX');
  addLinkOption(command).option('--address <address>', 'where a raw binary belongs (default: 0x08000000)', parseAddress);
  return addJobOptions(addVisitOptions(command)).action((imagePath: string, values: VerifyValues) =>
    runJob('verify', values, context, (options) => context.verify({ ...options, imagePath, ...(values.address !== undefined && { address: values.address }) })),
  );
}
