/** `stage-flash sim` inside the test's own process, on a free port or wherever the test wants it. */
import { Command } from 'commander';
import { expect, vi } from 'vitest';
import type { Output } from '../../host/cli/print.js';
import { addSimCommand } from '../../host/cli/sim-command.js';

export interface Streams {
  stdout: string;
  stderr: string;
}

export interface RunningSim {
  /** 0 where it serves no port of its own. */
  readonly port: number;
  /** What it has written to stderr so far. */
  readonly said: () => string;
  /** Ctrl-C, and waits for its end. */
  readonly interrupt: () => Promise<void>;
}

function program(streams: Streams, signal: AbortSignal): Command {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  const output = (name: keyof Streams): Output => ({ write: (text) => void (streams[name] += text), columns: undefined });
  addSimCommand(command, { stdout: output('stdout'), stderr: output('stderr'), signal });
  for (const sub of command.commands) sub.exitOverride().configureOutput({ writeErr: () => undefined });
  return command;
}

/** Runs the command to its end. */
export async function runSim(...options: readonly string[]): Promise<Streams> {
  const streams: Streams = { stdout: '', stderr: '' };
  await program(streams, new AbortController().signal).parseAsync(['sim', ...options], { from: 'user' });
  return streams;
}

/** Starts the command on a free TCP port unless the options say otherwise. Whoever starts it interrupts it. */
export async function startSim(...options: readonly string[]): Promise<RunningSim> {
  const streams: Streams = { stdout: '', stderr: '' };
  const controller = new AbortController();
  const listen = options.includes('--listen') ? [] : ['--listen', 'tcp://127.0.0.1:0'];
  const end = program(streams, controller.signal).parseAsync(['sim', ...listen, ...options], { from: 'user' });
  // A failure is told by whoever waits for the end, or by what was not said in time.
  end.catch(() => undefined);
  const port = await vi.waitFor(() => {
    const line = /listens on (?:(?:tcp|udp):\/\/127\.0\.0\.1:(\d+)|pty:.*);/.exec(streams.stderr) ?? expect.fail(`does not listen: ${streams.stderr}`);
    return Number(line[1] ?? 0);
  }, { timeout: 10_000, interval: 5 });
  return {
    port,
    said: () => streams.stderr,
    interrupt: async () => {
      controller.abort();
      await end;
    },
  };
}
