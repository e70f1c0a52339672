/** The stub's code on the desk under libFuzzer, with both sanitizers: SOAK_FUZZ_SECONDS, half an hour without it. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildFuzzer, CORPUS, root } from '../fuzz/fuzz-programs.js';
import { seedInputs } from '../fuzz/seeds.js';

const SECONDS = Number(process.env['SOAK_FUZZ_SECONDS'] ?? 1800);
/** A stream of a small plan, and some more. */
const MOST_INPUT_BYTES = 6000;

const folder = join(root, 'build/fuzz');
mkdirSync(join(folder, 'seeds'), { recursive: true });
mkdirSync(join(folder, 'found'), { recursive: true });
const program = buildFuzzer(join(folder, 'stub-fuzz'));
if (program === undefined) console.warn('SKIPPED: fuzzing: there is no clang with libFuzzer (Debian: clang, libclang-rt-14-dev).');

test.skipIf(program === undefined)('fuzzing the stub', async () => {
  for (const [name, bytes] of await seedInputs()) writeFileSync(join(folder, 'seeds', name), bytes);
  const options = [`-max_total_time=${SECONDS}`, `-max_len=${MOST_INPUT_BYTES}`, '-print_final_stats=1', '-timeout=20', `-artifact_prefix=${folder}/`];
  // What is found goes into the first folder; a crash leaves its input beside the program.
  const fuzzer = spawn(program!, [...options, join(folder, 'found'), join(folder, 'seeds'), CORPUS], { stdio: 'inherit' });
  expect(await new Promise((resolve) => fuzzer.on('exit', resolve))).toBe(0);
});
