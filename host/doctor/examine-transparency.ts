/** Does every byte pass, both ways? A pattern is written to RAM and read back; what does not pass is asked for one by one. */
import { NACK } from '../bootloader/an3155.js';
import { findParts } from '../device/h7-parts.js';
import { LIMITS } from '../protocol/wire.js';
import { count, hex } from './byte-runs.js';
import type { Case } from './case.js';
import { readMemory, writeMemory, type Access } from './memory-access.js';
import { fateOf, IAC, syncPattern, testPattern, XOFF, XON, type Fate } from './test-pattern.js';

/** RAM that the bootloader of every version lets be written (AN2606, table 226). */
const RAM = LIMITS.loaderBaseAddress.value;
const ATTEMPTS = 3;
/** A datagram is lost as a whole, with all pairs in it. */
const DATAGRAM_ATTEMPTS = 4;

export async function examineTransparency(examined: Case): Promise<void> {
  const { line, facts } = examined;
  if (facts.rdpLevel === 1) return void (await examineWayToBoard(examined));
  const pattern = testPattern(line.settings);
  if (!(await writePattern(examined, pattern))) return;
  await examineWayBack(examined, pattern);
  const [part] = findParts(facts.deviceId ?? 0);
  // On H72x the first 32 bytes that are written after a read may be lost (ST Community 795174): these are.
  if (part?.family === 'H72x') await writeMemory(line, RAM, pattern.slice(0, 32));
}

async function writePattern(examined: Case, pattern: Uint8Array): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { failedAt, heard } = await writeMemory(examined.line, RAM, pattern);
    if (failedAt === undefined) return true;
    await examined.regain();
    if (attempt === 0 && (await examineWayToBoard(examined))) return false;
    examined.lost(`Write Memory (${failedAt})`, heard.bytes);
  }
  return false;
}

interface WayTest {
  /** Pairs that are no command: each is refused. More than one, so that no single lost byte looks like a swallowed kind of byte. */
  readonly bytes: readonly number[];
  readonly what: string;
  readonly byAnswers: (refusals: number, expected: number) => 'ff-doubled' | 'ff-stripped' | 'xonxoff' | 'sync-pattern' | undefined;
}

const swallowed = <Name>(name: Name) => (refusals: number): Name | undefined => (refusals === 0 ? name : undefined);

const WAY_TESTS: readonly WayTest[] = [
  { bytes: [IAC, IAC, IAC, IAC], what: 'FF FF FF FF', byAnswers: (refusals, expected) => (refusals === 0 ? 'ff-stripped' : refusals === 2 * expected ? 'ff-doubled' : undefined) },
  { bytes: [XON, XON, XOFF, XOFF], what: '11 11 13 13', byAnswers: swallowed('xonxoff') },
];

/** @returns whether something is swallowed or doubled. */
async function examineWayToBoard(examined: Case): Promise<boolean> {
  const pattern = syncPattern(examined.line.settings);
  const syncTest = pattern && { bytes: [...pattern], what: hex(pattern), byAnswers: swallowed('sync-pattern' as const) };
  let isChanged = false;
  for (const test of syncTest ? [...WAY_TESTS, syncTest] : WAY_TESTS) isChanged = (await tryWayTest(examined, test)) || isChanged;
  return isChanged;
}

async function tryWayTest(examined: Case, { bytes, what, byAnswers }: WayTest): Promise<boolean> {
  const { line } = examined;
  const expected = bytes.length / 2;
  let name: ReturnType<typeof byAnswers>;
  for (let attempt = 0; attempt < (line.datagramBytes === undefined ? 1 : DATAGRAM_ATTEMPTS); attempt++) {
    const heard = await line.ask(Uint8Array.from(bytes), () => false, { waitMs: line.patienceMs(), mostRefusals: bytes.length });
    const refusals = count(heard.bytes, NACK);
    name = byAnswers(refusals, expected);
    if (refusals !== expected) await examined.regain();
    if (name === undefined) return false;
  }
  if (name === undefined) return false;
  examined.found(name, `on the way to the board ${name === 'ff-doubled' ? 'each 0xFF becomes two' : `${what} is swallowed`}`);
  return true;
}

async function examineWayBack(examined: Case, pattern: Uint8Array): Promise<void> {
  const { line } = examined;
  const fates: Fate[] = [];
  const cut: Uint8Array[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const access = await readMemory(line, RAM, pattern.length, (data) => fateOf(pattern, data) === 'same');
    const { failedAt, heard } = access;
    if (failedAt === undefined) {
      examined.down.push({ characters: pattern.length + 3, tookMs: heard.tookMs });
      break;
    }
    const fate = failedAt === 'data' ? fateOf(pattern, heard.bytes.subarray(1)) : 'shorter';
    fates.push(fate);
    cut.push(heard.bytes);
    // A modem is in data mode again with the next connection, and a converter that was told XOFF goes on.
    const isDeaf = fate === 'cut at the escape' || fate === 'xonxoff';
    await (isDeaf && line.canReconnect ? examined.startOver() : examined.regain());
    if (concludeWayBack(examined, fates, access)) return;
  }
  fates.forEach((fate, index) => {
    if (fate === 'changed') examined.changes.push('what was read back from RAM differed');
    else examined.lost('Read Memory', cut[index]!);
  });
}

const SYSTEMATIC: Partial<Record<Fate, readonly [name: 'ff-doubled' | 'ff-stripped' | 'xonxoff' | 'modem-escape', evidence: string]>> = {
  'ff-doubled': ['ff-doubled', 'each 0xFF that the board sends becomes two'],
  'ff-stripped': ['ff-stripped', 'each 0xFF that the board sends is missing'],
  xonxoff: ['xonxoff', '0x11 and 0x13 that the board sends are missing'],
  'cut at the escape': ['modem-escape', 'twice nothing more came from where the board said 10 03, until another connection was made'],
};

function concludeWayBack(examined: Case, fates: readonly Fate[], { failedAt }: Access): boolean {
  const [fate, before] = [fates.at(-1)!, fates.at(-2)];
  const systematic = SYSTEMATIC[fate];
  if (failedAt !== 'data' || fate !== before || systematic === undefined) return false;
  examined.found(...systematic);
  return true;
}
