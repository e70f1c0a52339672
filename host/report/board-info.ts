/** What `stage-flash info` tells: the stub's FACTS read with what is known of the part. Pure: a value for programs, lines for people. */
import type { H7Part } from '../device/h7-part.js';
import { findParts } from '../device/h7-parts.js';
import { sectors } from '../device/memory-map.js';
import { bootAddresses, isBootloader, isWriteProtected, protectedAreas, rdpLevel, startsWatchdogByHardware, swapsBanks } from '../device/option-bytes.js';
import { revisionName } from '../device/revisions.js';
import { knownRomBugs } from '../device/rom-bugs.js';
import { hex32 } from '../errors.js';
import type { BoardInfo, SectorInfo } from '../flash-options.js';
import { describeRuns } from '../plan/describe-plan.js';
import { erasedRanges } from '../plan/erase-stream.js';
import type { StubSession } from '../session/stub-session.js';
import { uidOf } from './report.js';

export function boardInfo(part: H7Part, facts: StubSession['facts']): BoardInfo {
  const revisionId = facts.idcode >>> 16;
  const all = sectors(part);
  const blank = erasedRanges(all);
  return {
    part: part.name,
    couldBe: findParts(part.deviceId, facts.flashSizeKiB).map(({ name }) => name),
    revision: revisionName(part.family, revisionId) ?? 'unknown',
    revisionId,
    uid: uidOf(facts),
    romVersion: facts.romVersion,
    romBugs: knownRomBugs(part.family, facts.romVersion),
    rdpLevel: rdpLevel(facts),
    ...bootAddresses(facts),
    startsWatchdogByHardware: startsWatchdogByHardware(facts),
    swapsBanks: part.banks.length > 1 && swapsBanks(facts),
    protectedAreas: protectedAreas(part, facts),
    flashSizeKiB: facts.flashSizeKiB,
    flashWordBytes: facts.flashWordBytes,
    windowBytes: facts.windowBytes,
    sectors: all.map((sector, index) => {
      const digest = facts.sectorDigests[sector.number] ?? 0;
      const { base: address, lengthBytes, bankIndex } = sector;
      return { address, lengthBytes, bank: bankIndex + 1, digest, isBlank: digest === blank[index]?.digest, isWriteProtected: isWriteProtected(part, facts, sector) };
    }),
  };
}

/** One fact a line. */
export function describeBoard(info: BoardInfo): string {
  const [first] = info.sectors;
  const others = info.couldBe.filter((name) => name !== info.part);
  const facts: readonly (readonly [string, string])[] = [
    ['part', `${info.part}${others.length === 0 ? '' : ` (by its id also ${others.join(', ')})`}`],
    ['revision', `${info.revision} (0x${info.revisionId.toString(16)})`],
    ['unique id', info.uid],
    ['ROM bootloader', `0x${info.romVersion.toString(16)}${info.romBugs.length === 0 ? ', no bugs known that matter here' : `; known bugs: ${info.romBugs.join('; ')}`}`],
    ['flash', `${info.flashSizeKiB} KiB in ${new Set(info.sectors.map(({ bank }) => bank)).size} bank(s), sectors of ${(first?.lengthBytes ?? 0) / 1024} KiB, flash words of ${info.flashWordBytes} bytes`],
    ['blank', someOf(info.sectors, ({ isBlank }) => isBlank)],
    ['write-protected', someOf(info.sectors, (sector) => sector.isWriteProtected)],
    ...info.protectedAreas.map(({ kind, address, lengthBytes }) => [kind, `${hex32(address)}-${hex32(address + lengthBytes - 1)}`] as const),
    ['read-out protection', `level ${info.rdpLevel}`],
    ['boots from', `${place(info.whileBoot0Low)} while BOOT0 is low, ${place(info.whileBoot0High)} while it is high${info.swapsBanks ? '; banks are swapped' : ''}`],
    ['watchdog', info.startsWatchdogByHardware ? 'started by hardware' : 'started by software, if at all'],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

function place(address: number): string {
  return isBootloader(address) ? 'the ROM bootloader' : hex32(address);
}

/** `2 of 16 sectors: 0x08000000-0x0803FFFF`. */
function someOf(all: readonly SectorInfo[], is: (sector: SectorInfo) => boolean): string {
  const some = all.filter(is);
  return some.length === 0 ? 'no sector' : `${some.length} of ${all.length} sectors: ${describeRuns(some.map(({ address, lengthBytes }) => ({ base: address, lengthBytes })))}`;
}
