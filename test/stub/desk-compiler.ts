/** C of the stub on the desk: compiled by the host's own compiler, with every check that it has. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `cc`, or undefined where there is none or where it cannot make programs for the desk that these tests need. */
export const deskCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0 ? 'cc' : undefined;

/** Paths relative to the project. @returns the program */
export function compileForDesk(name: string, sources: readonly string[]): string {
  if (deskCompiler === undefined) throw new Error('there is no C compiler');
  const program = join(mkdtempSync(join(tmpdir(), 'stage-flash-')), name);
  const flags = ['-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-Istub'];
  execFileSync(deskCompiler, [...flags, ...sources, '-o', program], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  return program;
}

/** @returns lines of standard output */
export function runOnDesk(program: string, input: string): string[] {
  return execFileSync(program, { input, encoding: 'utf8', maxBuffer: 2 ** 26 }).trimEnd().split('\n');
}
