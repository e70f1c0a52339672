import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runProgram } from '../../host/cli/program.js';
import type { FlashOptions } from '../../host/flash-options.js';
import { REPORT } from './report.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stage-flash-settings-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const notHere = (): never => { throw new Error('not asked for'); };

interface Files {
  readonly nearest?: string;
  readonly users?: string;
}

async function run(commandLine: string, files: Files = {}, environment: Readonly<Record<string, string>> = {}) {
  const home = join(directory, 'home');
  mkdirSync(join(home, 'stage-flash'), { recursive: true });
  if (files.nearest !== undefined) writeFileSync(join(directory, 'stage-flash.toml'), files.nearest);
  if (files.users !== undefined) writeFileSync(join(home, 'stage-flash', 'config.toml'), files.users);
  let asked: FlashOptions | undefined;
  let stderr = '';
  const exitCode = await runProgram(commandLine.split(' '), {
    stdout: { write: () => undefined, columns: undefined },
    stderr: { write: (text) => void (stderr += text), columns: undefined },
    environment: { XDG_CONFIG_HOME: home, ...environment },
    directory,
    signal: new AbortController().signal,
    version: '1.2.3',
    ask: undefined, findUnfinished: notHere, info: notHere, verify: notHere, read: notHere, doctor: notHere, erase: notHere, run: notHere,
    flash: async (options) => {
      asked = options;
      return REPORT;
    },
  });
  return { exitCode, stderr: stderr.replaceAll(directory, ''), asked };
}

describe('what counts first', () => {
  const ENVIRONMENT = { STAGE_FLASH_TO: 'tcp://environment:1' };
  const NEAREST = 'to = "tcp://nearest:1"';
  const USERS = 'to = "tcp://users:1"';

  test.each([
    ['the command line', 'fw.bin --to tcp://flag:1', { nearest: NEAREST, users: USERS }, ENVIRONMENT, 'tcp://flag:1'],
    ['the environment', 'fw.bin', { nearest: NEAREST, users: USERS }, ENVIRONMENT, 'tcp://environment:1'],
    ['the nearest file', 'fw.bin', { nearest: NEAREST, users: USERS }, {}, 'tcp://nearest:1'],
    ['the user’s file', 'fw.bin', { users: USERS }, {}, 'tcp://users:1'],
    ['a variable that is empty counts as not set', 'fw.bin', { users: USERS }, { STAGE_FLASH_TO: '' }, 'tcp://users:1'],
  ] as const)('%s', async (_, commandLine, files, environment, to) => {
    expect((await run(commandLine, files, environment)).asked?.to).toBe(to);
  });
});

describe('--to @NAME', () => {
  const FILE = `
    retry-budget = 30
    [boards.pump-7]
    url = "tcp://10.0.0.7:4001"
    chip = "STM32H743xI"
    [boards.pump-8]
    url = "tcp://10.0.0.8:4001"
    retry-budget = 5
  `;

  test('calls a board, and what is set for it', async () => {
    expect((await run('fw.bin --to @pump-7', { nearest: FILE })).asked).toMatchObject({ to: 'tcp://10.0.0.7:4001', chip: 'STM32H743xI', retryBudgetMs: 1_800_000 });
    expect((await run('fw.bin --to @pump-8', { nearest: FILE })).asked).toMatchObject({ to: 'tcp://10.0.0.8:4001', retryBudgetMs: 300_000 });
  });

  test('leaves what is said on the command line or in the environment', async () => {
    const { asked } = await run('fw.bin --to @pump-7 --chip STM32H753xI', { nearest: FILE }, { STAGE_FLASH_RETRY_BUDGET: '1' });
    expect(asked).toMatchObject({ chip: 'STM32H753xI', retryBudgetMs: 60_000 });
  });

  test('works from the environment and from a file, too', async () => {
    expect((await run('fw.bin', { nearest: FILE }, { STAGE_FLASH_TO: '@pump-8' })).asked?.to).toBe('tcp://10.0.0.8:4001');
    expect((await run('fw.bin', { users: `to = "@pump-7"\n${FILE}` })).asked?.to).toBe('tcp://10.0.0.7:4001');
  });

  test('takes the nearest of two boards of one name, whole', async () => {
    const nearest = '[boards.pump-7]\nurl = "sim:"';
    const { asked } = await run('fw.bin --to @pump-7', { nearest, users: FILE });
    expect(asked?.to).toBe('sim:');
    expect(asked?.chip).toBeUndefined();
  });

  test('of a board that nobody knows lists those that there are', async () => {
    const { exitCode, stderr, asked } = await run('fw.bin --to @pump-9', { nearest: FILE });
    expect({ exitCode, stderr, asked }).toEqual({ exitCode: 2, stderr: 'error: there is no board "pump-9"\nhint: There are @pump-7, @pump-8.\n', asked: undefined });
    expect((await run('fw.bin --to @pump-9', { nearest: '' })).stderr).toMatch(/hint: Boards are named in stage-flash\.toml/);
  });
});

describe('mistakes', () => {
  test('in a file end with 2 and name file and key', async () => {
    const { exitCode, stderr } = await run('fw.bin --to sim:', { nearest: 'tto = "sim:"' });
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: 'error: /stage-flash.toml: there is no setting "tto"\nhint: There are to, retry-budget, boards; a board’s own stand under [boards.NAME].\n' });
  });

  test('in a value name where it comes from', async () => {
    expect((await run('fw.bin --to sim:', { nearest: 'retry-budget = -1' })).stderr).toBe('error: retry-budget from /stage-flash.toml: A budget is a number of minutes.\n');
    expect((await run('fw.bin --to sim:', {}, { STAGE_FLASH_RETRY_BUDGET: 'x' })).stderr).toBe('error: retry-budget from the environment: A budget is a number of minutes.\n');
  });
});

test('--verbose says where each setting comes from, and nothing that nobody else should read', async () => {
  const nearest = '[boards.a]\nurl = "exec:sshpass -p secret ssh gw"\nchip = "STM32H743xI"\nenter-cmd = "curl -u bob:secret http://x"';
  const { stderr } = await run('fw.bin --to @a --retry-budget 3 --verbose', { nearest });
  expect(stderr).toContain('to: exec:sshpass (board a in /stage-flash.toml)\n');
  expect(stderr).toContain('chip: STM32H743xI (board a in /stage-flash.toml)\n');
  expect(stderr).toContain('retry-budget: 3 (--retry-budget)\n');
  expect(stderr).not.toContain('secret');
});

test('commands without --to read no file', async () => {
  expect((await run('demo --help', { nearest: 'nonsense' })).exitCode).toBe(0);
});

describe('what the stub is told', () => {
  const FILE = '[boards.a]\nurl = "tcp://10.0.0.7:4001"\nkick = "PB7@500"\navoid-xonxoff = true\n[boards.b]\nurl = "sim:"\navoid-xonxoff = false\n';

  test.each([
    ['PB7@500', { pin: 'PB7', periodMs: 500 }],
    ['b.7@500ms', { pin: 'PB7', periodMs: 500 }],
    ['PK15@60000', { pin: 'PK15', periodMs: 60_000 }],
    ['pa00@10', { pin: 'PA0', periodMs: 10 }],
  ])('--kick %s names pin and period', async (text, kick) => {
    expect((await run(`fw.bin --to sim: --kick ${text}`)).asked).toMatchObject({ kick });
  });

  test.each(['PB16@500', 'PL1@500', 'PB7', 'PB7@9', 'PB7@60001', 'PB7@0.5', 'PB7@500s'])('--kick %s is refused in one line', async (text) => {
    const { exitCode, stderr, asked } = await run(`fw.bin --to sim: --kick ${text}`);
    expect([exitCode, asked]).toEqual([2, undefined]);
    expect(stderr).toMatch(/^error: .*--kick.*\n/);
  });

  test('may stand in the file, board by board', async () => {
    expect((await run('fw.bin --to @a', { nearest: FILE })).asked).toMatchObject({ kick: { pin: 'PB7', periodMs: 500 }, avoidXonXoff: true });
    expect((await run('fw.bin --to @b', { nearest: FILE })).asked).not.toHaveProperty('avoidXonXoff');
    expect((await run('fw.bin --to @b', { nearest: FILE }, { STAGE_FLASH_AVOID_XONXOFF: '1' })).asked).toMatchObject({ avoidXonXoff: true });
    expect((await run('fw.bin --to @b', { nearest: FILE }, { STAGE_FLASH_AVOID_XONXOFF: 'perhaps' })).stderr).toContain('avoid-xonxoff from the environment: That is true or false.');
    expect((await run('fw.bin --to @b', { nearest: '[boards.b]\nurl = "sim:"\navoid-xonxoff = "yes"' })).stderr).toContain('boards.b.avoid-xonxoff must be true or false');
  });

  test('--orphan-after is told in seconds', async () => {
    expect((await run('fw.bin --to sim: --orphan-after 0')).asked).toMatchObject({ orphanMs: 0 });
    expect((await run('fw.bin --to sim: --orphan-after 60')).asked).toMatchObject({ orphanMs: 60_000 });
    expect((await run('fw.bin --to sim: --orphan-after 1.5')).exitCode).toBe(2);
  });
});
