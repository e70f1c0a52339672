import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { BoardViolation } from '../../host/board/violations.js';
import { EXIT_CODES, StageFlashError } from '../../host/errors.js';
import type { DoctorReport, EraseOptions, RunOptions, FlashOptions, ReadOptions, Report } from '../../host/flash-options.js';
import { EXIT_MEANINGS } from '../../host/cli/help-text.js';
import type { CommandContext } from '../../host/cli/command-context.js';
import { HEAVY_COMMANDS, runProgram } from '../../host/cli/program.js';
import { NO_CONTEXT } from './context.js';
import { REPORT } from './report.js';

async function run(commandLine: string, context: Partial<CommandContext> = {}) {
  const asked: FlashOptions[] = [];
  let stdout = '';
  let stderr = '';
  const exitCode = await runProgram(commandLine.split(' ').filter((word) => word !== ''), {
    ...NO_CONTEXT,
    stdout: { write: (text) => void (stdout += text), columns: undefined },
    stderr: { write: (text) => void (stderr += text), columns: undefined },
    flash: async (options) => {
      asked.push(options);
      return REPORT;
    },
    ...context,
  });
  const [options] = asked;
  return { exitCode, stdout, stderr, options };
}

/** What every record has. */
const RECORD = { type: 'report', command: 'flash', version: '1.2.3', startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string };

const failing = (error: unknown): Partial<CommandContext> => ({ flash: () => Promise.reject(error) });

describe('the default command', () => {
  test.each(['fw.bin --to sim:', 'flash fw.bin --to sim:', '--to sim: fw.bin'])('%s flashes', async (commandLine) => {
    const { exitCode, stdout, options } = await run(commandLine);
    expect(options).toMatchObject({ imagePath: 'fw.bin', to: 'sim:', full: false, eraseRest: false, direct: false, dryRun: false, after: 'reset' });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'fw.bin is in flash\n' });
  });

  test('hands every option on', async () => {
    const { options } = await run('fw.bin --to sim: --address 0x08040000 --full --direct --dry-run --stay --chip STM32H743xI --trace t.log');
    expect(options).toMatchObject({ address: 0x0804_0000, full: true, direct: true, dryRun: true, after: 'stay', chip: 'STM32H743xI', tracePath: 't.log' });
  });

  test('takes the link from STAGE_FLASH_TO, and --to before it', async () => {
    const context = { environment: { STAGE_FLASH_TO: 'tcp://a:1' } };
    expect((await run('fw.bin', context)).options?.to).toBe('tcp://a:1');
    expect((await run('fw.bin --to sim:', context)).options?.to).toBe('sim:');
  });

  test.each([
    ['--stay', 'stay'],
    ['--reset', 'reset'],
    ['--go 134217728', { go: 0x0800_0000 }],
  ])('%s decides what comes after', async (option, after) => {
    expect((await run(`fw.bin --to sim: ${option}`)).options?.after).toEqual(after);
  });
});

describe('the other commands', () => {
  const details = REPORT.details;

  test('verify hands image and address on', async () => {
    let asked: unknown;
    const { exitCode, stdout } = await run('verify fw.bin --to sim: --address 0x08020000', {
      verify: (options) => { asked = options; return Promise.resolve({ outcome: 'verified', text: 'It is there.', details }); },
    });
    expect(asked).toMatchObject({ imagePath: 'fw.bin', address: 0x0802_0000, to: 'sim:' });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'It is there.\n' });
  });

  const reading = async (commandLine: string) => {
    let asked: ReadOptions | undefined;
    const outcome = await run(`read --to sim: ${commandLine}`, { read: (options) => { asked = options; return Promise.resolve({ outcome: 'read', text: 'Read.', details }); } });
    return { ...outcome, asked };
  };

  test('read takes a range or the whole flash, and a file', async () => {
    expect((await reading('0x08020000 131072 -o part.bin')).asked).toMatchObject({ range: { address: 0x0802_0000, lengthBytes: 0x2_0000 }, filePath: 'part.bin' });
    const { asked } = await reading('--out all.hex');
    expect(asked).toMatchObject({ filePath: 'all.hex' });
    expect(asked).not.toHaveProperty('range');
  });

  test.each([['0x08020000 0x20000', /-o, --out/], ['0x08020000 -o a.bin', /how much/], ['0x08020000 0 -o a.bin', /one byte/]])('read %s is refused in one line', async (commandLine, what) => {
    const { exitCode, stderr } = await reading(commandLine);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(what);
  });

  describe('resume', () => {
    const options = { imagePath: '/images/fw.bin', to: 'tcp://10.0.0.5:4001', address: 0x0802_0000, after: 'stay' } as const;

    test('flashes as it is written down, says what it goes on with, and consents to nothing by itself', async () => {
      const wanted: unknown[] = [];
      const findUnfinished: CommandContext['findUnfinished'] = (job) => (wanted.push(job), Promise.resolve({ options, text: 'Going on with fw.bin' }));
      const { exitCode, stderr, options: asked } = await run('resume --board 0a --chip STM32H743xI', { findUnfinished });
      expect({ exitCode, wanted }).toEqual({ exitCode: 0, wanted: [{ to: undefined, board: '0a' }] });
      expect(stderr).toContain('Going on with fw.bin');
      expect(asked).toMatchObject({ ...options, chip: 'STM32H743xI', consent: undefined });
      expect(await (await run('resume --yes', { findUnfinished })).options?.consent?.('?')).toBe(true);
    });

    test('says in one line why it cannot', async () => {
      const findUnfinished = (): Promise<never> => Promise.reject(new StageFlashError('refused', 'fw.bin has changed', { hint: 'Begin anew.' }));
      expect(await run('resume --to sim:', { findUnfinished })).toMatchObject({ exitCode: 4, stdout: '', stderr: 'error: fw.bin has changed\nhint: Begin anew.\n' });
    });
  });

  describe('doctor', () => {
    const diagnosis = (findings: DoctorReport['details']['doctor']['findings']): Partial<CommandContext> => ({
      doctor: () => Promise.resolve({ outcome: findings.length === 0 ? 'healthy' : 'findings', text: 'What was found.', details: { ...details, doctor: { findings, facts: {} } } }),
    });
    const echo = { name: 'echo', evidence: 'it comes back', meaning: 'It echoes.', remedy: 'Switch it off.' };

    test('ends with 0 when nothing is found, and with 11 when something is: not an error, but no success for a script', async () => {
      expect(await run('doctor --to sim:', diagnosis([]))).toMatchObject({ exitCode: 0, stdout: 'What was found.\n', stderr: '' });
      expect(await run('doctor --to sim:', diagnosis([echo]))).toMatchObject({ exitCode: EXIT_CODES.findings, stdout: 'What was found.\n', stderr: '' });
    });

    test('prints its findings once with --json, as the last line', async () => {
      const { exitCode, stdout } = await run('doctor --to sim: --json', diagnosis([echo]));
      expect(exitCode).toBe(EXIT_CODES.findings);
      expect(stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual([{
        ...RECORD, command: 'doctor', outcome: 'findings', exitCode: 11, text: 'What was found.', details: { ...details, doctor: { findings: [echo], facts: {} } },
      }]);
    });
  });

  test('run takes an image for RAM, its address and what it must say', async () => {
    let asked: RunOptions | undefined;
    const job = (commandLine: string) => run(`run prog.bin --to sim: ${commandLine}`, { run: (options) => { asked = options; return Promise.resolve({ outcome: 'started', text: 'It runs.', details }); } });
    expect(await job('')).toMatchObject({ exitCode: 0, stdout: 'It runs.\n' });
    expect(asked).toMatchObject({ imagePath: 'prog.bin', to: 'sim:' });
    expect(asked).not.toHaveProperty('address');
    await job('--address 0x20004800 --expect up --within 3 --enter-send 0d');
    expect(asked).toMatchObject({ address: 0x2000_4800, expect: { text: 'up', withinMs: 3000 }, enter: { send: Uint8Array.of(0x0d) } });
    for (const wrong of ['--within 3', '--expect ', '--leave rts=0', '--takeover']) expect((await job(wrong)).exitCode).toBe(EXIT_CODES.usage);
  });

  const erasing = async (commandLine: string, more: Partial<CommandContext> = {}) => {
    let asked: EraseOptions | undefined;
    const outcome = await run(`erase --to sim: ${commandLine}`, { erase: (options) => { asked = options; return Promise.resolve({ outcome: 'erased', text: 'Gone.', details }); }, ...more });
    return { ...outcome, asked };
  };

  test('erase takes addresses, ranges with both ends, and all of the flash', async () => {
    expect((await erasing('0x08020000 0x08100000-0x0813FFFF')).asked?.ranges).toEqual([{ address: 0x0802_0000, lengthBytes: 1 }, { address: 0x0810_0000, lengthBytes: 0x4_0000 }]);
    expect((await erasing('--all')).asked).toMatchObject({ ranges: undefined });
  });

  test('erase asks at a terminal, takes --yes for an answer, and asks no program', async () => {
    const ask = (): Promise<boolean> => Promise.resolve(false);
    expect((await erasing('--all')).asked?.consent).toBeUndefined();
    expect((await erasing('--all', { ask })).asked?.consent).toBe(ask);
    expect((await erasing('--all --json', { ask })).asked?.consent).toBeUndefined();
    expect(await (await erasing('--all --yes')).asked?.consent?.('Erase?')).toBe(true);
  });

  test.each([
    ['', /what is to be erased\?/],
    ['--all 0x08000000', /--all and a range contradict/],
    ['0x08020000-0x08010000', /A range is written like/],
    ['0x08000000-0x08010000-0x08020000', /A range is written like/],
    ['here', /An address is written like/],
  ])('erase %s is a usage error', async (commandLine, pattern) => {
    const { exitCode, stderr, asked } = await erasing(commandLine);
    expect(stderr).toMatch(pattern);
    expect({ exitCode, asked }).toEqual({ exitCode: 2, asked: undefined });
  });
});

describe('usage errors end with 2 and start nothing', () => {
  test.each([
    ['', /^Usage: stage-flash <image>/],
    ['fw.bin', /^error: where is the board\?\nhint: .*STAGE_FLASH_TO/],
    ['--to sim:', /missing required argument 'image'/],
    ['fw.bin more.bin --to sim:', /too many arguments/],
    ['fw.bin --to sim: --adress 1', /^error: unknown option '--adress'\nhint: Did you mean --address\?\n$/],
    ['fw.bin --to sim: --colour', /^error: unknown option '--colour'\nhint: stage-flash --help .*\n$/],
    ['verfy fw.bin --to sim:', /^error: there is no command and no file "verfy"\nhint: Commands: .*flash.*\n$/],
    ['statsu', /no command and no file "statsu"/],
    ['fw.bin --to sim: --address here', /An address is written like 0x08000000/],
    ['fw.bin --to sim: --go 0x100000000', /An address is written like/],
    ['fw.bin --to sim: --stay --go 0x08000000', /cannot be used with/],
    ['fw.bin --to sim: --reset --stay', /cannot be used with/],
    ['fw.bin --to sim: --json --quiet', /cannot be used with/],
  ])('stage-flash %s', async (commandLine, pattern) => {
    const { exitCode, stderr, stdout, options } = await run(commandLine);
    expect(stderr).toMatch(pattern);
    expect({ exitCode, options, stdout: commandLine.includes('--json') ? '' : stdout }).toEqual({ exitCode: 2, options: undefined, stdout: '' });
  });
});

describe('failures', () => {
  test.each(['image', 'refused', 'link', 'bootloader', 'stub', 'flash', 'verify', 'interrupted'] as const)('of kind %s end with its exit code', async (kind) => {
    const { exitCode, stderr } = await run('fw.bin --to sim:', failing(new StageFlashError(kind, 'it failed', { hint: 'Try again.' })));
    expect({ exitCode, stderr }).toEqual({ exitCode: EXIT_CODES[kind], stderr: 'error: it failed\nhint: Try again.\n' });
  });

  test('that nobody foresaw are called a defect, without a stack trace', async () => {
    const { exitCode, stderr } = await run('fw.bin --to sim:', failing(new TypeError('x is not a function')));
    expect(exitCode).toBe(7);
    expect(stderr).toMatch(/^error: TypeError: x is not a function\nThis is a defect of stage-flash; .*STAGE_FLASH_DEBUG=1.*\n$/);
  });

  test('of a program on the virtual board are laid at its own door', async () => {
    const violation = new BoardViolation({ name: 'usart-overrun', message: 'a byte was lost', tick: 64_000 });
    const { exitCode, stderr } = await run('fw.bin --to sim:', failing(violation));
    expect(exitCode).toBe(7);
    expect(stderr).toMatch(/^error: the virtual board stops its program: usart-overrun: a byte was lost \(board time 1\.000 ms\)\nhint: .*tolerate=/);
  });

  test('show their stack and their cause when STAGE_FLASH_DEBUG is set', async () => {
    const error = new StageFlashError('link', 'lost', { cause: new Error('the cable') });
    const { stderr } = await run('fw.bin --to sim:', { ...failing(error), environment: { STAGE_FLASH_DEBUG: '1' } });
    expect(stderr).toMatch(/program\.test\.ts.*caused by Error: the cable/s);
  });

  test('after Ctrl-C are an interruption, whatever they look like', async () => {
    const { exitCode, stderr } = await run('fw.bin --to sim:', { ...failing(new StageFlashError('link', 'was closed')), signal: AbortSignal.abort() });
    expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: 'error: interrupted\n' });
  });

  test('an interruption that says what to do next is printed as it is', async () => {
    const error = new StageFlashError('interrupted', 'interrupted', { hint: 'Run it again.' });
    const { stderr } = await run('fw.bin --to sim:', { ...failing(error), signal: AbortSignal.abort() });
    expect(stderr).toBe('error: interrupted\nhint: Run it again.\n');
  });
});

describe('--json', () => {
  const lines = (text: string): unknown[] => text.trim().split('\n').map((line) => JSON.parse(line) as unknown);

  test('prints every event and the report, one per line, and nothing for people', async () => {
    const flash = async ({ events }: FlashOptions): Promise<Report> => {
      events({ type: 'phase', phase: 'image', text: 'Reading', atMs: 0 });
      events({ type: 'progress', phase: 'stream', done: 1, total: 2, atMs: 5 });
      return REPORT;
    };
    const { stdout, stderr } = await run('fw.bin --to sim: --json', { flash });
    expect(lines(stdout)).toEqual([
      { type: 'phase', phase: 'image', text: 'Reading', atMs: 0 },
      { type: 'progress', phase: 'stream', done: 1, total: 2, atMs: 5 },
      { ...RECORD, outcome: 'flashed', exitCode: 0, text: REPORT.text, details: REPORT.details },
    ]);
    expect(stderr).toBe('');
  });

  test('ends with the record of a failure, and says the failure itself on stderr', async () => {
    const flash = ({ onEnd }: FlashOptions): Promise<Report> => {
      onEnd?.({ ...REPORT.details, flash: 'unfinished' });
      return Promise.reject(new StageFlashError('verify', 'differs', { hint: 'Again.' }));
    };
    const { stdout, stderr } = await run('fw.bin --to sim: --json', { flash });
    expect(lines(stdout)).toEqual([
      { ...RECORD, outcome: 'failed', exitCode: 9, error: { kind: 'verify', message: 'differs', hint: 'Again.' }, details: { ...REPORT.details, flash: 'unfinished' } },
    ]);
    expect(stderr).toBe('error: differs\nhint: Again.\n');
  });

  test('tells what is wrong with the command line before there is a job', async () => {
    const { stdout } = await run('fw.bin --json');
    expect(lines(stdout)).toEqual([{ type: 'error', kind: 'usage', message: 'where is the board?', hint: expect.any(String) as string, exitCode: 2 }]);
  });
});

describe('--help', () => {
  test('shows the options of the default command, examples, and every exit code with its meaning', async () => {
    const { exitCode, stdout } = await run('--help');
    expect(exitCode).toBe(0);
    for (const text of ['--address', '--direct', 'Examples:', 'STAGE_FLASH_TO', 'Commands:']) expect(stdout).toContain(text);
    for (const [name, code] of Object.entries(EXIT_CODES)) expect(stdout).toContain(`${String(code).padStart(3)}  ${EXIT_MEANINGS[name as keyof typeof EXIT_CODES]}`);
  });

  test('and --version are no errors', async () => {
    expect(await run('--version')).toMatchObject({ exitCode: 0, stdout: '1.2.3\n' });
    expect((await run('flash --help')).exitCode).toBe(0);
  });

  test.each(HEAVY_COMMANDS)('says of $name what the command itself says', async ({ name, description, load }) => {
    const program = new Command();
    await load(program, NO_CONTEXT);
    expect(program.commands.find((command) => command.name() === name)?.description()).toBe(description);
  });
});
