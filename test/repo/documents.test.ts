/** What the documents claim is compared with what is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { addFlashCommand } from '../../host/cli/flash-command.js';
import { NO_CONTEXT } from '../cli/context.js';
import { withToolFacts } from '../../host/tools/document-blocks.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'DESIGN.md', 'PROTOCOL.md', 'CHANGELOG.md'];

function flashHelp(): string {
  let help = '';
  const program = new Command('stage-flash').exitOverride().configureOutput({ writeOut: (text) => void (help += text), getOutHelpWidth: () => 80 });
  addFlashCommand(program, NO_CONTEXT);
  try {
    program.parse(['flash', '--help'], { from: 'user' });
  } catch {
    // Help ends the parsing.
  }
  return help;
}

describe('README.md', () => {
  test('shows the help and the exit codes as they are (make readme)', () => {
    expect(read('README.md')).toBe(withToolFacts(read('README.md'), flashHelp()));
  });

  test('names only make targets that exist', () => {
    const targets = new Set(Array.from(read('Makefile').matchAll(/^([a-z]+):/gm), ([, target]) => target));
    const named = DOCUMENTS.flatMap((document) => Array.from(read(document).matchAll(/`make ([a-z]+)`/g), ([, target]) => target));
    expect(named.filter((target) => !targets.has(target))).toEqual([]);
  });
});

describe('documents', () => {
  test.each(DOCUMENTS)('%s links only to files that exist', (document) => {
    const links = Array.from(read(document).matchAll(/\]\((?!https?:)([^)#]+)\)/g), ([, target]) => target!);
    expect(links.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });

  test('ARCHITECTURE.md names every C file of the stub, and none that is not there', () => {
    const files = ['stub', 'stub/codec'].flatMap((folder) => readdirSync(join(root, folder))).filter((name) => name.endsWith('.c'));
    const named = Array.from(read('ARCHITECTURE.md').matchAll(/`(?:stub\/)?(?:codec\/)?([a-z0-9-]+\.c)`/g), ([, name]) => name!);
    expect([...new Set(named)].sort()).toEqual([...files].sort());
  });

  test('ARCHITECTURE.md names only paths that exist', () => {
    const paths = Array.from(read('ARCHITECTURE.md').matchAll(/`((?:host|stub|linker|test)\/[\w./-]*\w)`/g), ([, path]) => path!);
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('the released files of the package exist after a build', () => {
    const { files, bin } = JSON.parse(read('package.json')) as { files: string[]; bin: Record<string, string> };
    expect(files).toContain('stub/manifest.json');
    expect(Object.values(bin)).toEqual(['dist/cli/main.js']);
  });
});
