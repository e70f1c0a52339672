/** A file that is on the disk when this returns, not in a cache, and whole or not at all: this machine may lose its power too. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';

/** Nobody else may read it. @throws what the system says */
export function writeSynced(path: string, text: string): void {
  const draft = `${path}.part`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  // The name is in the folder, which not every system lets be opened.
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
