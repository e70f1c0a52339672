#!/usr/bin/env node
/**
 * The process: arguments, streams, signals, exit code. The only file of the command line that touches `process`.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { WriteStream } from 'node:tty';
import { EXIT_CODES, fileTrouble } from '../errors.js';
import { describeFailure } from './failure.js';
import type { Output } from './print.js';
import { runProgram } from './program.js';

function outputOf(stream: WriteStream, onError: (error: Error) => void): Output {
  // A reader that went away (`| head`) is no reason to stop a job half-way.
  stream.on('error', onError);
  return {
    write: (text) => void stream.write(text),
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
  };
}

let stdoutError: Error | undefined;
const stdout = outputOf(process.stdout, (error) => (stdoutError ??= error));
const stderr = outputOf(process.stderr, () => {});

/** The first signal ends the job in order; the second ends the process, for whoever waits in vain. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT_CODES.interrupted);
      controller.abort();
    });
  }
  return controller.signal;
}

const signal = abortOnSignals();

process.on('uncaughtException', (error) => {
  const { text, exitCode } = describeFailure(error, { signal, environment: process.env });
  stderr.write(text);
  process.exit(exitCode);
});

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

/** Whatever was written before has been taken, or refused. */
async function flushStdout(): Promise<void> {
  await new Promise((resolve) => process.stdout.write('', resolve));
  await new Promise(setImmediate);
}

const exitCode = await runProgram(process.argv.slice(2), {
  stdout,
  stderr,
  version,
  environment: process.env,
  signal,
  flash: async (options) => (await import('../flash.js')).flash(options),
});

await flushStdout();
if (exitCode === EXIT_CODES.ok && stdoutError !== undefined) {
  stderr.write(`error: the result cannot be written to the standard output: ${fileTrouble(stdoutError)}\n`);
  process.exitCode = EXIT_CODES.output;
} else {
  process.exitCode = exitCode;
}
