/** The process itself: where it writes to, and what becomes of it. */
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

test.skipIf(!existsSync('/dev/full') || !existsSync(MAIN))('a result that cannot be written is no success', async () => {
  const full = openSync('/dev/full', 'w');
  const { exitCode, stderr } = await execa('node', [MAIN, '--version'], { stdout: full, reject: false });
  closeSync(full);
  expect(exitCode).toBe(1);
  expect(stderr).toBe('error: the result cannot be written to the standard output: the disk is full');
});
