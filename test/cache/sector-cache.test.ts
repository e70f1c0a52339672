import { copyFileSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { cacheFolder, sectorCache } from '../../host/cache/sector-cache.js';
import { crc32 } from '../../host/protocol/crc32.js';

const sector = (seed: number, lengthBytes = 8192): Uint8Array => new Random(seed).fill(new Uint8Array(lengthBytes));
let folder = '';
beforeEach(() => { folder = join(mkdtempSync(join(tmpdir(), 'stage-flash-cache-')), 'sectors'); });
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

describe('a sector that was kept', () => {
  test('is found by its digest and length, by another process too', () => {
    sectorCache(folder).keep([sector(1), sector(2)]);
    expect(Buffer.compare(sectorCache(folder).find(crc32(sector(2)), 8192)!, sector(2))).toBe(0);
  });

  test('is not found by another length', () => {
    const cache = sectorCache(folder);
    cache.keep([sector(1)]);
    expect(cache.find(crc32(sector(1)), 4096)).toBeUndefined();
  });

  test.each([
    ['no deflate at all', Buffer.from('nonsense')],
    ['nothing', Buffer.alloc(0)],
  ])('is dropped, not used, when its file holds %s', (_, content) => {
    const cache = sectorCache(folder);
    cache.keep([sector(1)]);
    const [name] = readdirSync(folder);
    writeFileSync(join(folder, name!), content);
    expect(cache.find(crc32(sector(1)), 8192)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is dropped when its file holds another sector', () => {
    const cache = sectorCache(folder);
    cache.keep([sector(1)]);
    const [name] = readdirSync(folder);
    cache.keep([sector(2)]);
    const other = readdirSync(folder).find((entry) => entry !== name)!;
    copyFileSync(join(folder, other), join(folder, name!));
    expect(cache.find(crc32(sector(1)), 8192)).toBeUndefined();
  });
});

test('what was used longest ago makes room', () => {
  const cache = sectorCache(folder, 3 * 8300);
  cache.keep([sector(1), sector(2)]);
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), new Date(0), new Date(0));
  cache.keep([sector(3), sector(4)]);
  expect(cache.list()).toHaveLength(3);
  expect(cache.find(crc32(sector(3)), 8192)).toBeDefined();
  expect(cache.find(crc32(sector(4)), 8192)).toBeDefined();
});

test('a folder that cannot be written is no trouble', () => {
  const cache = sectorCache('/dev/null/nowhere');
  expect(() => cache.keep([sector(1)])).not.toThrow();
  expect(cache.list()).toEqual([]);
  expect(cache.find(1, 8192)).toBeUndefined();
});

test('is emptied on demand', () => {
  const cache = sectorCache(folder);
  cache.keep([sector(1), sector(2)]);
  expect(cache.clear()).toBe(2);
  expect(cache.list()).toEqual([]);
});

test('lies where XDG says', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/stage-flash/sectors');
  expect(cacheFolder({ HOME: '/h' })).toBe('/h/.cache/stage-flash/sectors');
});
