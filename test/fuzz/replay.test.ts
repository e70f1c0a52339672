/** What fuzzing has found interesting, and streams of real plans, once more through the stub's code on the desk. `make soak` goes on looking. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildReplay, CORPUS, coverageBy } from './fuzz-programs.js';
import { seedInputs } from './seeds.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const program = buildReplay(join(folder, 'replay'));
if (program === undefined) console.warn('SKIPPED: replay of the fuzzer’s corpus: neither clang nor gcc is there, or this is not Linux.');

function replay(paths: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program!, paths, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : stderr.slice(-3000);
}

describe.skipIf(program === undefined)('the stub’s code on the desk', () => {
  const seeds = join(folder, 'seeds');
  beforeAll(async () => {
    for (const [name, bytes] of await seedInputs()) writeFileSync(`${seeds}-${name}`, bytes);
  });

  const corpus = readdirSync(CORPUS).map((name) => join(CORPUS, name));
  const seedFiles = (): string[] => readdirSync(folder).filter((name) => name.startsWith('seeds-')).map((name) => join(folder, name));

  test('bears every input of the corpus', () => {
    const inputs = corpus;
    expect(inputs.length).toBeGreaterThan(20);
    expect(replay(inputs)).toBe(`${inputs.length} inputs`);
  });

  test('executes the streams of real plans without harm to the flash', () => {
    const inputs = seedFiles();
    expect(replay(inputs)).toBe(`${inputs.length} inputs`);
  });

  // Parser, dispatcher, planner, decoders: the files of the stub that the desk has whole.
  test('has nearly every line executed by them', ({ skip }) => {
    const coverage = coverageBy(folder, [...corpus, ...seedFiles()]);
    if (coverage === undefined) return skip('neither gcc nor gcov is there');
    const files = [...coverage].filter(([file]) => file.endsWith('.c'));
    expect(files.length).toBeGreaterThanOrEqual(8);
    const lines = files.reduce((sum, [, one]) => sum + one.lines, 0);
    const executed = files.reduce((sum, [, one]) => sum + one.lines * one.share, 0);
    expect(executed / lines, [...coverage].map(([file, one]) => `${file} ${one.share}`).join('\n')).toBeGreaterThanOrEqual(0.95);
  });
});
