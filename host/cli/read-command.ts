/** `stage-flash read [address length] -o FILE`. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { StageFlashError } from '../errors.js';
import type { CommandContext } from './command-context.js';
import { addJobOptions, addLinkOption, addVisitOptions, parseAddress, type JobValues } from './job-options.js';
import { runJob } from './run-job.js';

interface ReadValues extends JobValues {
  readonly out: string;
}

export function addReadCommand(program: Command, context: CommandContext): Command {
  const command = program
    .command('read')
    .description('read flash into a file, proven by the board\'s own digest; changes nothing')
    .argument('[address]', 'where to begin (default: the whole flash)', parseAddress)
    .argument('[length]', 'bytes, like 0x20000 or 131072', parseLength);
  addLinkOption(command).requiredOption('-o, --out <file>', 'where to: Intel HEX if its name ends in .hex, else raw bytes; what is there is replaced');
  return addJobOptions(addVisitOptions(command)).action(async (address: number | undefined, lengthBytes: number | undefined, values: ReadValues) => {
    if (address !== undefined && lengthBytes === undefined) {
      throw new StageFlashError('usage', 'how much is to be read?', { hint: 'Say address and length, like 0x08000000 0x20000, or neither for the whole flash.' });
    }
    const range = address === undefined || lengthBytes === undefined ? {} : { range: { address, lengthBytes } };
    await runJob('read', values, context, (options) => context.read({ ...options, ...range, filePath: values.out }));
  });
}

function parseLength(text: string): number {
  const lengthBytes = parseAddress(text);
  if (lengthBytes === 0) throw new InvalidArgumentError('At least one byte.');
  return lengthBytes;
}
