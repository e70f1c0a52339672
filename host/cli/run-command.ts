/** `stage-flash run <image>`. */
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { DEFAULT_WITHIN_S, expectation, parseSeconds, type ExpectValues } from './expect-options.js';
import { addAvoidXonXoff, addEnterOptions, addLinkOption, addTellOptions, parseAddress, type JobValues } from './job-options.js';
import { runJob } from './run-job.js';

interface RunValues extends JobValues, ExpectValues {
  readonly address?: number;
}

export function addRunCommand(program: Command, context: CommandContext): Command {
  const command = program
    .command('run')
    .description('load a program into RAM and start it; the flash stays as it is')
    .argument('<image>', 'raw binary or Intel HEX, linked for RAM');
  addLinkOption(command)
    .option('--address <address>', 'where a raw binary belongs (default: 0x24000000)', parseAddress)
    .option('--expect <text>', 'what the program must say, on the same line')
    .option('--within <seconds>', `how long it may take to say that (default: ${DEFAULT_WITHIN_S})`, parseSeconds);
  addTellOptions(addEnterOptions(addAvoidXonXoff(command))).action((imagePath: string, values: RunValues) => {
    const wanted = { imagePath, ...expectation(values), ...(values.address !== undefined && { address: values.address }) };
    return runJob('run', values, context, (options) => context.run({ ...options, ...wanted }));
  });
  return command;
}
