/** The files from which the blobs are made, and one hash over them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join, relative, sep } from 'node:path';

const SOURCE_FOLDERS = ['stub', 'linker'];
const SOURCE_NAMES = /\.(c|h|S|ld|mk|mjs)$/;

/** Paths relative to the project's root, `/`-separated, sorted. */
export function blobSources(root: URL): readonly string[] {
  const base = fileURLToPath(root);
  return SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(base, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && SOURCE_NAMES.test(entry.name))
      .map((entry) => relative(base, join(entry.parentPath, entry.name)).split(sep).join('/')),
  ).sort();
}

/** SHA-256 over names and contents; line ends do not count, so that a checkout on Windows has the same. */
export function sourcesSha256(root: URL): string {
  const hash = createHash('sha256');
  for (const path of blobSources(root)) hash.update(path).update('\0').update(readFileSync(new URL(path, root), 'utf8').replaceAll('\r\n', '\n')).update('\0');
  return hash.digest('hex');
}
