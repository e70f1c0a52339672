// Removes dist/ before a build, on every platform: a file deleted from host/ must not live on in dist/.
import { rmSync } from 'node:fs';

rmSync(new URL('../../dist', import.meta.url), { recursive: true, force: true });
