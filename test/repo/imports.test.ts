/** The house has one direction: a room imports only what its row in ARCHITECTURE.md allows. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

/** Files beside the rooms that everybody may read. */
const VOCABULARY = new Set(['errors.ts', 'events.ts', 'job-events.ts', 'flash-options.ts']);
/** What a command does, from end to end. */
const FRONT_DOORS = new Set(['flash.ts', 'info.ts', 'verify.ts', 'read.ts', 'erase.ts', 'run.ts', 'doctor.ts', 'unfinished.ts']);
/** Rooms that use the whole, through its front door. */
const USERS_OF_THE_WHOLE = new Set(['demo', 'cli', 'bench']);

/** `| \`room\` | … | \`a\` \`b\` |` → room → allowed rooms. */
function allowedImports(): Map<string, Set<string>> {
  const rows = architecture.split('\n').flatMap((line) => {
    const cells = /^\| `([a-z]+)` \| .* \| ?(.*?) ?\|$/.exec(line);
    return cells ? [cells] : [];
  });
  return new Map(rows.map(([, room, cell]) => [room!, new Set(Array.from(cell!.matchAll(/`([a-z]+)`/g), ([, name]) => name!))]));
}

const sources = readdirSync(join(root, 'host'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.split(sep).join('/'));

function importsOf(path: string): string[] {
  const text = readFileSync(join(root, 'host', path), 'utf8');
  return Array.from(text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g), ([, target]) =>
    relative('.', normalize(join(dirname(path), target!))).split(sep).join('/').replace(/\.js$/, '.ts'),
  );
}

const roomOf = (path: string): string => (path.includes('/') ? path.split('/')[0]! : path);

describe('rooms', () => {
  const allowed = allowedImports();

  test('every folder of host/ has a row in ARCHITECTURE.md, and every row a folder', () => {
    const folders = new Set(sources.filter((path) => path.includes('/')).map(roomOf));
    expect([...allowed.keys()].sort()).toEqual([...folders].sort());
  });

  test.each([...allowed.keys()])('%s imports only what its row allows', (room) => {
    const forbidden = sources.filter((path) => roomOf(path) === room).flatMap((path) =>
      importsOf(path)
        .filter((target) => {
          const other = roomOf(target);
          if (other === room || allowed.get(room)!.has(other)) return false;
          if (!target.includes('/')) return !(VOCABULARY.has(target) || (FRONT_DOORS.has(target) && USERS_OF_THE_WHOLE.has(room)));
          return true;
        })
        .map((target) => `${path} → ${target}`),
    );
    expect(forbidden).toEqual([]);
  });

  test('vocabulary imports nothing but vocabulary', () => {
    const imports = [...VOCABULARY].flatMap((path) => importsOf(path).filter((target) => !VOCABULARY.has(target)));
    expect(imports).toEqual([]);
  });

  test('of link/, only sim-link.ts knows the virtual board, and only what a line is goes the other way', () => {
    const toBoard = sources.filter((path) => roomOf(path) === 'link' && importsOf(path).some((target) => roomOf(target) === 'board'));
    expect(toBoard).toEqual(['link/sim-link.ts']);
    const toLink = new Set(sources.filter((path) => roomOf(path) === 'board').flatMap((path) => importsOf(path).filter((target) => roomOf(target) === 'link')));
    expect([...toLink]).toEqual(['link/line-settings.ts']);
  });

  test('only cli/main.ts and what runs a server touch the process', () => {
    const touching = sources.filter((path) => /\bprocess\.(exit|argv|stdout|stderr|on)\b/.test(readFileSync(join(root, 'host', path), 'utf8')));
    expect(touching.filter((path) => !/^(cli|tools|bench)\//.test(path) && path !== 'link/endpoint-lock.ts')).toEqual([]);
  });
});
