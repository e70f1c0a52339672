/** `stage-flash cache list|clear`: what this host remembers of what it has flashed. */
import type { Command } from 'commander';
import { cacheFolder, sectorCache } from '../cache/sector-cache.js';
import type { CommandContext } from './command-context.js';

export function addCacheCommand(program: Command, { stdout, environment }: CommandContext): Command {
  const cache = program.command('cache').description('what this host remembers of what it flashed, so that updates can be sent as differences');
  const folder = cacheFolder(environment);
  cache.command('list').description('list the sectors, latest first').action(() => {
    const entries = sectorCache(folder).list();
    for (const { digest, lengthBytes, storedBytes, usedAt } of entries) {
      stdout.write(`0x${digest.toString(16).padStart(8, '0')}  ${String(lengthBytes).padStart(6)} bytes  ${String(storedBytes).padStart(6)} on disk  ${usedAt.toISOString()}\n`);
    }
    const totalBytes = entries.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
    stdout.write(`${entries.length} sectors, ${(totalBytes / 1024).toFixed(0)} KiB in ${folder}\n`);
  });
  cache.command('clear').description('forget all of them').action(() => {
    stdout.write(`${sectorCache(folder).clear()} sectors forgotten.\n`);
  });
  return cache;
}
