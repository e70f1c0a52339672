/** Builds the stub's code for the desk, to be fuzzed (clang) or to replay inputs (clang or gcc), with every check that there is. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const CORPUS = join(root, 'test/fuzz/corpus');

/** stub-fuzz.c includes the files whose variables it has to reset. */
const SOURCES = ['test/fuzz/stub-fuzz.c', 'test/fuzz/desk-flash.c', 'test/fuzz/desk-line.c', 'stub/codec/lzma.c', 'stub/codec/filters.c', 'stub/codec/directory.c', 'stub/crc32.c'];
// Addresses of the chip are 32 bits; the desk's pointers to them are longer. The stub's loop takes every look, whatever the one before has shown.
const FLAGS = ['-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-Wno-int-to-pointer-cast', '-Wno-pointer-to-int-cast', '-Wno-bitwise-instead-of-logical', '-fno-sanitize-recover=all', '-Istub'];

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { cwd: root }).status === 0;
}

/** Undefined where nothing can build it; the addresses of the chip must be free, which they are on Linux alone. */
export function buildReplay(program: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const compiler = ['clang', 'gcc'].find((candidate) => succeeds(candidate, ['--version']));
  return compiler === undefined ? undefined : build(compiler, ['-fsanitize=address,undefined', 'test/fuzz/replay.c'], program);
}

/** Undefined where there is no clang with libFuzzer (Debian: clang, libclang-rt-14-dev). */
export function buildFuzzer(program: string): string | undefined {
  const hasFuzzer = process.platform === 'linux' && spawnSync('clang', ['-fsanitize=fuzzer', '-xc', '-', '-o', `${program}.probe`], { input: FUZZER_PROBE }).status === 0;
  return hasFuzzer ? build('clang', ['-fsanitize=address,undefined,fuzzer'], program) : undefined;
}

/** Line coverage of each file of the stub by these inputs. Undefined where gcc or gcov is missing. */
export function coverageBy(folder: string, inputs: readonly string[]): ReadonlyMap<string, { readonly lines: number; readonly share: number }> | undefined {
  if (process.platform !== 'linux' || !['gcc', 'gcov'].every((command) => succeeds(command, ['--version']))) return undefined;
  const program = build('gcc', ['--coverage', 'test/fuzz/replay.c'], join(folder, 'covered'));
  if (!succeeds(program, inputs)) throw new Error('an input ends the program');
  const { stdout } = spawnSync('gcov', ['-n', '-o', folder, ...readdirSync(folder).filter((name) => name.endsWith('.gcda'))], { cwd: folder, encoding: 'utf8' });
  return new Map([...stdout.matchAll(/^File '(stub\/[^']*)'\nLines executed:([\d.]+)% of (\d+)/gm)].map(([, file, percent, lines]) => [file!, { lines: Number(lines), share: Number(percent) / 100 }]));
}

const FUZZER_PROBE = '#include <stddef.h>\n#include <stdint.h>\nint LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return data == NULL && size != 0; }\n';

function build(compiler: string, args: readonly string[], program: string): string {
  const { status, stderr } = spawnSync(compiler, [...FLAGS, ...args, ...SOURCES, '-o', program], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return program;
}
