import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockEndpoint } from '../../host/link/endpoint-lock.js';

const ENDPOINT = 'tcp://10.0.0.5:4001';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stage-flash-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The path of the endpoint's lock, learned by taking it once. */
function lockPath(): string {
  const lock = lockEndpoint(ENDPOINT, folder);
  const [name = ''] = readdirSync(folder);
  lock.release();
  return join(folder, name);
}

const deadPid = (): number => spawnSync(process.execPath, ['-e', '']).pid;
const bootOf = (path: string): string => {
  const lock = lockEndpoint(ENDPOINT, folder);
  const { boot } = JSON.parse(readFileSync(path, 'utf8')) as { boot: string };
  lock.release();
  return boot;
};

describe('one process per endpoint', () => {
  test('a second user is told who holds it, and gets it after the release', () => {
    const lock = lockEndpoint(ENDPOINT, folder);
    expect(() => lockEndpoint(ENDPOINT, folder)).toThrow(expect.objectContaining({ kind: 'link', message: `${ENDPOINT} is in use by another stage-flash (this very process)` }));
    lock.release();
    lock.release();
    lockEndpoint(ENDPOINT, folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('another live process is named', () => {
    const path = lockPath();
    writeFileSync(path, JSON.stringify({ pid: process.ppid, boot: bootOf(path), token: 'x' }));
    expect(() => lockEndpoint(ENDPOINT, folder)).toThrow(`(process ${process.ppid})`);
  });

  test('other endpoints are not concerned', () => {
    const locks = [lockEndpoint('tcp://a:1', folder), lockEndpoint('tcp://a:2', folder)];
    for (const lock of locks) lock.release();
  });

  test('a release does not remove a lock that somebody else put there', () => {
    const path = lockPath();
    const lock = lockEndpoint(ENDPOINT, folder);
    writeFileSync(path, 'theirs');
    lock.release();
    expect(readFileSync(path, 'utf8')).toBe('theirs');
  });

  test('a folder that cannot be written is named', () => {
    expect(() => lockEndpoint(ENDPOINT, join(folder, 'missing'))).toThrow(expect.objectContaining({ kind: 'link', message: expect.stringContaining('ENOENT') as string }));
  });
});

describe('what a crash left behind', () => {
  test('the lock of a dead process is taken over', () => {
    const path = lockPath();
    writeFileSync(path, JSON.stringify({ pid: deadPid(), boot: bootOf(path), token: 'x' }));
    lockEndpoint(ENDPOINT, folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.runIf(process.platform === 'linux')('a lock from before the last restart is taken over though its process id lives again', () => {
    writeFileSync(lockPath(), JSON.stringify({ pid: process.ppid, boot: 'an earlier one', token: 'x' }));
    lockEndpoint(ENDPOINT, folder).release();
  });

  test('an empty lock is respected while its owner may still be writing it, and taken over later', () => {
    const path = lockPath();
    writeFileSync(path, '');
    expect(() => lockEndpoint(ENDPOINT, folder)).toThrow('process unknown');
    utimesSync(path, new Date(0), new Date(0));
    lockEndpoint(ENDPOINT, folder).release();
  });
});

/** The modules under test as plain JavaScript, for processes of their own. */
function transpile(): string {
  const host = fileURLToPath(new URL('../../host/', import.meta.url));
  const target = join(folder, 'js');
  for (const name of ['errors', 'link/endpoint-lock']) {
    const { outputText } = ts.transpileModule(readFileSync(join(host, `${name}.ts`), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    mkdirSync(join(target, 'link'), { recursive: true });
    writeFileSync(join(target, `${name}.js`), outputText);
  }
  writeFileSync(join(target, 'package.json'), '{"type":"module"}');
  return join(target, 'link', 'endpoint-lock.js');
}

const RACER = `
  const [module, endpoint, folder] = process.argv.slice(1);
  const { lockEndpoint } = await import(module);
  process.stdout.write('ready');
  await new Promise((go) => process.stdin.once('data', go));
  try { lockEndpoint(endpoint, folder); process.stdout.write(' won'); } catch (error) { process.stdout.write(' lost: ' + error.message); }
  await new Promise((end) => process.stdin.once('end', end).resume());
`;

test('of four processes that find the same dead lock exactly one takes it over', async () => {
  const path = lockPath();
  writeFileSync(path, JSON.stringify({ pid: deadPid(), boot: bootOf(path), token: 'x' }));
  const module = transpile();
  const racers = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', RACER, module, ENDPOINT, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    const racer = { child, said: '', exited: once(child, 'exit') };
    child.stdout.on('data', (text: Buffer) => (racer.said += text.toString()));
    return racer;
  });
  const until = async (pattern: RegExp): Promise<void> => {
    while (!racers.every(({ said }) => pattern.test(said))) await Promise.race(racers.map(({ child }) => once(child.stdout, 'data')));
  };
  await until(/ready/);
  for (const { child } of racers) child.stdin.write('go');
  await until(/won|lost/);
  expect(racers.filter(({ said }) => said.endsWith('won'))).toHaveLength(1);
  expect(racers.filter(({ said }) => said.includes(`lost: ${ENDPOINT} is in use`))).toHaveLength(3);
  for (const { child } of racers) child.stdin.end();
  await Promise.all(racers.map(({ exited }) => exited));
  expect(readdirSync(folder).filter((name) => name.endsWith('.lock'))).toEqual([]);
});
