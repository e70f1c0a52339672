/** `make readme`: puts the tool's own help and exit codes into README.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { execaSync } from 'execa';
import { fileURLToPath } from 'node:url';
import { withToolFacts } from './document-blocks.js';

const readme = new URL('../../README.md', import.meta.url);
const cli = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const { stdout } = execaSync('node', [cli, 'flash', '--help']);
writeFileSync(readme, withToolFacts(readFileSync(readme, 'utf8'), stdout));
