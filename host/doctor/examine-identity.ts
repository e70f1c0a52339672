/** Which bootloader is it, what is known of it, and does it let us in? Read Memory of system memory tells all three. */
import { findParts } from '../device/h7-parts.js';
import { knownRomBugs } from '../device/rom-bugs.js';
import type { Case } from './case.js';
import { readMemory } from './memory-access.js';

export async function examineIdentity(examined: Case): Promise<void> {
  const { line, facts } = examined;
  const [part] = findParts(facts.deviceId ?? 0);
  if (part === undefined) return;
    let refusals = 0;
  for (let attempt = 0; attempt < examined.attempts; attempt++) {
    const { failedAt, isRefused, heard } = await readMemory(line, part.addresses.bootloaderId, 1);
    if (failedAt === undefined) {
      facts.rdpLevel = 0;
      facts.romVersion = heard.bytes[1]!;
      facts.romBugs = knownRomBugs(part.family, facts.romVersion);
      return;
    }
    if (failedAt === 'command' && isRefused) refusals++;
    await examined.regain();
  }
  if (refusals < examined.attempts) return;
  facts.rdpLevel = 1;
  examined.found('read-out-protection', 'Get and Get ID are answered, Read Memory is refused');
}
