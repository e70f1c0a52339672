/**
 * Programs that we did not write. test/setup.sh installs them on Debian; there a missing one fails CI, because a test that skips would be
 * a green light for nothing. Elsewhere the skip is printed.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Daemons are in sbin, which a user's PATH may leave out. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];

/** Its full path; undefined where it is not installed. */
export function findTool(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Must these tests be skipped here? @throws in CI on Debian, where they must not */
export function mustSkip(what: string, ...tools: readonly string[]): boolean {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  if (missing.length === 0) return false;
  const reason = `${what}: ${missing.join(' and ')} not installed`;
  if (process.env['CI'] === 'true' && existsSync('/etc/debian_version')) throw new Error(`${reason}; test/setup.sh installs it`);
  console.warn(`skipped: ${reason}`);
  return true;
}
