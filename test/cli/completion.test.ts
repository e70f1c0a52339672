/** Completion scripts, run by the shells that they are for, where these are. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../host/cli/program.js';
import { mustSkip } from '../e2e/foreign/foreign-tools.js';
import { NO_CONTEXT } from './context.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));
const scriptOf = (shell: string): string => join(folder, `_${shell}`);

async function run(...userArguments: readonly string[]): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  let stdout = '';
  let stderr = '';
  const exitCode = await runProgram(userArguments, {
    ...NO_CONTEXT,
    stdout: { write: (text) => void (stdout += text), columns: undefined },
    stderr: { write: (text) => void (stderr += text), columns: undefined },
  });
  return { exitCode, stdout, stderr };
}

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(scriptOf(shell), (await run('completion', shell)).stdout);
});

/** What is typed, the cursor at its end, and what must and must not be offered. */
const CASES = [
  ['stage-flash --ch', ['--chip'], ['--to']],
  ['stage-flash si', ['sim'], ['demo']],
  ['stage-flash app.hex --chip STM32H750', ['STM32H750xB'], ['STM32H743xI']],
  ['stage-flash sim --bootl', ['--bootloader'], ['--to']],
  ['stage-flash sim --ch', ['--chip'], ['--json']],
  ['stage-flash flash --flash-f', [], ['--flash-file']],
  ['stage-flash completion fi', ['fish'], ['bash']],
] as const;

function expectOffers(offers: readonly string[], wanted: readonly string[], unwanted: readonly string[]): void {
  for (const word of wanted) expect(offers).toContain(word);
  for (const word of unwanted) expect(offers).not.toContain(word);
}

describe.skipIf(mustSkip('completion for bash', 'bash'))('bash', () => {
  test.each(CASES)('%s', async (typed, wanted, unwanted) => {
    const words = typed.split(' ');
    const { stdout } = await execa('bash', ['-uc', `source ${scriptOf('bash')}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _stage_flash; printf '%s\\n' "\${COMPREPLY[@]}"`]);
    expectOffers(stdout.split('\n'), wanted, unwanted);
  });
});

describe.skipIf(mustSkip('completion for fish', 'fish'))('fish', () => {
  test.each(CASES)('%s', async (typed, wanted, unwanted) => {
    const { stdout } = await execa('fish', ['--no-config', '-c', `source ${scriptOf('fish')}; complete -C '${typed}'`], { env: { HOME: folder } });
    expectOffers(stdout.split('\n').map((line) => line.split('\t')[0]!), wanted, unwanted);
  });
});

describe.skipIf(mustSkip('completion for zsh', 'zsh'))('zsh', () => {
  test('accepts the script', async () => {
    expect((await execa('zsh', ['-n', scriptOf('zsh')])).exitCode).toBe(0);
  });

  /** Typed into a real shell on a pseudo-terminal; the line that the Tab key has made of it goes into a file. */
  test.each(CASES)('%s', async (typed, wanted, unwanted) => {
    const [ready, line] = [join(folder, 'ready'), join(folder, 'line')];
    for (const path of [ready, line]) rmSync(path, { force: true });
    const setUp = join(folder, 'set-up.zsh');
    writeFileSync(setUp, `
      autoload -U compinit; compinit -u -d ${folder}/dump
      zstyle ':completion:*' insert-tab false
      source ${scriptOf('zsh')}
      zle-line-init() { touch ${ready}; }; zle -N zle-line-init
      save-line() { print -r -- "$BUFFER" > ${line}.new; mv ${line}.new ${line}; }; zle -N save-line; bindkey '^Xw' save-line
    `);
    await execa('zsh', ['-f', '-c', `
      zmodload zsh/zpty
      zpty z zsh -f -i
      zpty -w z "source ${setUp}"
      while [[ ! -e ${ready} ]]; do sleep 0.02; done
      zpty -n -w z '${typed}'$'\\t\\C-xw'
      while [[ ! -e ${line} ]]; do sleep 0.02; done
      zpty -d z`], { timeout: 8000, env: { TERM: 'dumb' } });
    expectOffers(readFileSync(line, 'utf8').trim().split(/[ =]+/), wanted, unwanted);
  });
});

test('a shell that nobody knows is a usage error that names the others', async () => {
  expect(await run('completion', 'tcsh')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('bash, zsh, fish') as string });
});
