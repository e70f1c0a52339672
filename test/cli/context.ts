/** A process around the command line for tests: nothing is printed, nobody is asked, no command can be run but those that are given. */
import type { CommandContext } from '../../host/cli/command-context.js';

const notHere = (): Promise<never> => Promise.reject(new Error('not here'));
const nowhere = { write: () => undefined, columns: undefined };

export const NO_CONTEXT: CommandContext = {
  stdout: nowhere, stderr: nowhere, environment: {}, signal: new AbortController().signal, version: '1.2.3',
  ask: undefined, flash: notHere, findUnfinished: notHere, info: notHere, verify: notHere, read: notHere, doctor: notHere, erase: notHere, run: notHere,
};
