#!/usr/bin/env node
/**
 * The process: arguments, streams, signals, exit code. The only file of the command line that touches `process`.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
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

/** Anything but a yes is a no, the end of the input too. */
async function askOnTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While a line is edited, Ctrl-C is a key and no signal.
  terminal.once('SIGINT', () => process.emit('SIGINT'));
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('\n')));
  try {
    const answer = await Promise.race([terminal.question(`${question} [y/N] `, { signal }), ended]);
    if (answer === '\n') process.stderr.write(answer);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

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
  directory: process.cwd(),
  signal,
  ask: process.stdin.isTTY && process.stderr.isTTY ? askOnTerminal : undefined,
  // What speaks with a board is loaded when it is asked for: help needs none of it.
  flash: async (options) => (await import('../flash.js')).flash(options),
  findUnfinished: async (wanted) => (await import('../unfinished.js')).findUnfinished(wanted),
  info: async (options) => (await import('../info.js')).info(options),
  verify: async (options) => (await import('../verify.js')).verify(options),
  doctor: async (options) => (await import('../doctor.js')).doctor(options),
  read: async (options) => (await import('../read.js')).read(options),
  run: async (options) => (await import('../run.js')).run(options),
  erase: async (options) => (await import('../erase.js')).erase(options),
});

await flushStdout();
if (exitCode === EXIT_CODES.ok && stdoutError !== undefined) {
  stderr.write(`error: the result cannot be written to the standard output: ${fileTrouble(stdoutError)}\n`);
  process.exitCode = EXIT_CODES.output;
} else {
  process.exitCode = exitCode;
}
