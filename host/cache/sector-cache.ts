/**
 * What this host has flashed before, sector by sector, so that an update can be sent as a difference. A sector is found by what the survey
 * tells of it: its length and CRC-32. It lies in the user's cache folder (XDG Base Directory: XDG_CACHE_HOME) and may be deleted at any time.
 *
 * An entry that is not what its name says is dropped, never used. Two sectors of one CRC-32 would be one too many in four thousand million; the
 * board's own proof would find it before the new application can start.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { crc32 } from '../protocol/crc32.js';

export interface CachedSector {
  readonly digest: number;
  readonly lengthBytes: number;
  /** On disk. */
  readonly storedBytes: number;
  /** When it was flashed or used last. */
  readonly usedAt: Date;
}

export interface SectorCache {
  /** Undefined where it is not, or not what it should be. */
  find(digest: number, lengthBytes: number): Uint8Array | undefined;
  /** A cache that cannot be written is no trouble of the job. */
  keep(sectors: readonly Uint8Array[]): void;
  /** Latest first. */
  list(): readonly CachedSector[];
  /** @returns how many there were */
  clear(): number;
}

/** Twenty images of 2 MiB, packed. */
const LIMIT_BYTES = 32 * 2 ** 20;
const NAME = /^([0-9a-f]{8})-(\d+)$/;

export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(environment['XDG_CACHE_HOME'] || join(environment['HOME'] || homedir(), '.cache'), 'stage-flash', 'sectors');
}

export function sectorCache(folder = cacheFolder(), limitBytes = LIMIT_BYTES): SectorCache {
  const pathOf = (digest: number, lengthBytes: number): string => join(folder, `${digest.toString(16).padStart(8, '0')}-${lengthBytes}`);
  const list = (): CachedSector[] => entries(folder).sort((a, b) => b.usedAt.getTime() - a.usedAt.getTime());
  const forget = ({ digest, lengthBytes }: CachedSector): void => rmSync(pathOf(digest, lengthBytes), { force: true });

  return {
    list,
    find: (digest, lengthBytes) => {
      const path = pathOf(digest, lengthBytes);
      const content = readEntry(path, lengthBytes);
      if (content === undefined) return undefined;
      if (crc32(content) === digest && content.length === lengthBytes) return content;
      rmSync(path, { force: true });
      return undefined;
    },
    keep: (sectors) => {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        for (const content of sectors) writeEntry(pathOf(crc32(content), content.length), content);
        let totalBytes = 0;
        for (const entry of list()) if ((totalBytes += entry.storedBytes) > limitBytes) forget(entry);
      } catch {
        // Without the cache the next update is larger, and no more than that.
      }
    },
    clear: () => {
      const all = list();
      all.forEach(forget);
      return all.length;
    },
  };
}

/** For boards that end with the process. */
export const NO_SECTOR_CACHE: SectorCache = { find: () => undefined, keep: () => undefined, list: () => [], clear: () => 0 };

function readEntry(path: string, lengthBytes: number): Uint8Array | undefined {
  let packed: Uint8Array;
  try {
    packed = readFileSync(path);
  } catch {
    return undefined;
  }
  try {
    return inflateRawSync(packed, { maxOutputLength: lengthBytes + 1 });
  } catch {
    return new Uint8Array(0);
  }
}

/** Whole or not at all, whoever else writes the same. */
function writeEntry(path: string, content: Uint8Array): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, deflateRawSync(content), { mode: 0o600 });
    renameSync(draft, path);
  }
}

function entries(folder: string): CachedSector[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const [, digest, length] = NAME.exec(name) ?? [];
    if (digest === undefined || length === undefined) return [];
    const { size, mtime } = statSync(join(folder, name));
    return [{ digest: parseInt(digest, 16), lengthBytes: Number(length), storedBytes: size, usedAt: mtime }];
  });
}
