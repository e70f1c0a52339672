import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findConfigFiles } from '../../host/config/find-config.js';

let root = '';
let deep = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stage-flash-config-'));
  deep = join(root, 'a', 'b');
  mkdirSync(deep, { recursive: true });
  mkdirSync(join(root, 'home', '.config', 'stage-flash'), { recursive: true });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const found = (environment = { HOME: join(root, 'home') }): string[] => findConfigFiles(deep, environment).map(({ path }) => path.slice(root.length));

test('the nearest file upwards counts, and the user’s behind it', () => {
  expect(found()).toEqual([]);
  writeFileSync(join(root, 'stage-flash.toml'), '');
  writeFileSync(join(root, 'home', '.config', 'stage-flash', 'config.toml'), '');
  expect(found()).toEqual(['/stage-flash.toml', '/home/.config/stage-flash/config.toml']);
  writeFileSync(join(root, 'a', 'stage-flash.toml'), '');
  expect(found()).toEqual(['/a/stage-flash.toml', '/home/.config/stage-flash/config.toml']);
});

test('XDG_CONFIG_HOME says where the user’s is', () => {
  mkdirSync(join(root, 'xdg', 'stage-flash'), { recursive: true });
  writeFileSync(join(root, 'xdg', 'stage-flash', 'config.toml'), '');
  const environment = { HOME: join(root, 'home'), XDG_CONFIG_HOME: join(root, 'xdg') };
  expect(found(environment)).toEqual(['/xdg/stage-flash/config.toml']);
});

test('a folder of that name is an error, not a file that is not there', () => {
  mkdirSync(join(deep, 'stage-flash.toml'));
  expect(() => found()).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining('cannot be read') as string }));
});

test.skipIf(process.getuid === undefined)('a file that everybody may write is refused: it could name commands', () => {
  const path = join(root, 'stage-flash.toml');
  writeFileSync(path, '');
  chmodSync(path, 0o666);
  expect(() => found()).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining('may be written by everybody') as string, hint: `chmod o-w ${path}` }));
});

test.skipIf(process.getuid === undefined)('a file of somebody else is refused', () => {
  writeFileSync(join(root, 'stage-flash.toml'), '');
  const somebody = (process.getuid?.() ?? 0) + 1000;
  const owner = process.getuid?.() ?? 0;
  vi.spyOn(process, 'getuid').mockReturnValue(somebody);
  if (owner === 0) expect(found()).toEqual(['/stage-flash.toml']);
  else expect(() => found()).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining('belongs to another user') as string }));
});
