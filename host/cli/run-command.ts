/** `stage-flash run <image>`. */
import type { Command } from 'commander';
import { addEnterOptions } from './board-moves.js';
import type { CommandContext } from './command-context.js';
import { DEFAULT_WITHIN_S, expectation, parseSeconds, type ExpectValues } from './expect-options.js';
import { addAvoidXonXoff, addLinkOption, addTellOptions, parseAddress, parseVectorTable, type JobValues } from './job-options.js';
import { runJob } from './run-job.js';

interface RunValues extends JobValues, ExpectValues {
  readonly address?: number;
  readonly go?: number;
}

export function addRunCommand(program: Command, context: CommandContext): Command {
  const command = program
    .command('run')
    .description('load a program into RAM and start it; the flash stays as it is')
    .argument('<image>', 'raw binary or Intel HEX, linked for RAM');
  addLinkOption(command)
    .option('--address <address>', 'where a raw binary belongs (default: 0x24000000)', parseAddress)
    .option('--go <address>', 'where its vector table is (default: at the beginning of the piece that looks like one)', parseVectorTable)
    .option('--expect <text>', 'what the program must say, on the same line')
    .option('--within <seconds>', `how long it may take to say that (default: ${DEFAULT_WITHIN_S})`, parseSeconds);
  addTellOptions(addEnterOptions(addAvoidXonXoff(command))).action((imagePath: string, values: RunValues) => {
    const wanted = { imagePath, ...expectation(values), ...(values.address !== undefined && { address: values.address }), ...(values.go !== undefined && { vectors: values.go }) };
    return runJob('run', values, context, (options) => context.run({ ...options, ...wanted }));
  });
  return command;
}
