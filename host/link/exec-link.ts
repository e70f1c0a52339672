/**
 * A link to whatever a program's standard input and output lead to: ssh to a gateway, socat, a vendor's tunnel. What it says on stderr is
 * shown as it comes.
 */
import process from 'node:process';
import { execa } from 'execa';
import { StageFlashError } from '../errors.js';
import type { Link } from './link.js';
import { StreamLink, type ByteStreams, type LinkOptions } from './stream-link.js';

export interface ExecLinkOptions extends LinkOptions {
  /** For the shell. */
  readonly command: string;
}

/** How long a program that was asked to end may take. */
const KILL_DELAY_MS = 1000;
/** Of what it said last, so much goes into the message. */
const SHOWN_CHARACTERS = 200;

const startProgram = (command: string) =>
  execa(inPlaceOfShell(command), {
    shell: true, stdin: 'pipe', stdout: 'pipe', stderr: ['pipe', 'inherit'], buffer: false, encoding: 'buffer', reject: false, forceKillAfterDelay: KILL_DELAY_MS,
  });

/**
 * A signal reaches the shell, not what it runs: so a single program takes the shell's place. Of several in one command, whoever ignores the
 * end of its input goes on.
 */
function inPlaceOfShell(command: string): string {
  const isSingle = !/[;&|<>()`\n]/.test(command) && !/^\S*=/.test(command);
  return isSingle && process.platform !== 'win32' ? `exec ${command}` : command;
}

/** That the program fails shows as the end of the link. */
export async function openExecLink(options: ExecLinkOptions): Promise<Link> {
  return new StreamLink(programStreams(startProgram(options.command), options.name), options);
}

type Program = ReturnType<typeof startProgram>;

function programStreams(program: Program, name: string): ByteStreams {
  let lastWords = '';
  program.stderr.on('data', (chunk: Uint8Array) => (lastWords = `${lastWords}${Buffer.from(chunk).toString('utf8')}`.slice(-2 * SHOWN_CHARACTERS)));
  const finish = (): void => void program.stdin.end();
  // A program that says nothing more brings nothing more.
  program.stdout.once('end', finish);
  return {
    incoming: program.stdout,
    outgoing: program.stdin,
    closed: program.then((result) => ended(name, result, lastWords)),
    finish,
    destroy: () => {
      program.kill();
      // Whoever is left of the command must not keep us waiting for its output.
      program.stdout.destroy();
      program.stderr.destroy();
    },
    explain: () => undefined,
  };
}

function ended(name: string, { exitCode, signal, shortMessage }: Awaited<Program>, lastWords: string): StageFlashError {
  const how = exitCode !== undefined ? `ended with exit code ${exitCode}` : signal !== undefined ? `was ended by ${signal}` : `did not start (${shortMessage ?? ''})`;
  const line = lastWords.trim().split('\n').at(-1)?.trim().slice(0, SHOWN_CHARACTERS) ?? '';
  return new StageFlashError('link', `${name} ${how}`, { hint: line === '' ? 'Try the command by itself: it must pass bytes between its standard input and output.' : `It said last: ${line}` });
}
