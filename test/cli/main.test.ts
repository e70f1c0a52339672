/** The process itself: where it writes to, and what becomes of it. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

test.skipIf(!existsSync('/dev/full') || !existsSync(MAIN))('a result that cannot be written is no success', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(execPath, [MAIN, '--version'], { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
  closeSync(full);
  expect(stderr).toBe('error: the result cannot be written to the standard output: the disk is full\n');
  expect(status).toBe(1);
});
