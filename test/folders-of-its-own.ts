/** No test reads what a user has left in the folders for state and cache, or leaves anything there; what one file of tests leaves, no other finds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-user-'));
process.env['XDG_STATE_HOME'] = join(folder, 'state');
process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
