/** Extended Erase (AN3155 §3.8). Sectors are counted over all banks; the answer comes when the flash is blank, however long it takes. */
import { sectors } from '../../device/memory-map.js';
import type { RomMemory } from './rom-memory.js';
import type { RomProgram } from './rom-program.js';
import { acknowledge, receiveBytes, receiveChecked, refuse } from './rom-program.js';

/** Codes instead of a count; 0xFFF0–0xFFFC are reserved. */
const FIRST_SPECIAL_CODE = 0xfff0;
const BANKS_BY_CODE: ReadonlyMap<number, readonly number[]> = new Map([
  [0xffff, [0, 1]],
  [0xfffe, [0]],
  [0xfffd, [1]],
]);

export function* extendedErase(memory: RomMemory): RomProgram<undefined> {
  yield* acknowledge();
  const { bytes, isIntact } = yield* receiveBytes(2);
  const [high = 0, low = 0] = bytes;
  const code = (high << 8) | low;
  if (code >= FIRST_SPECIAL_CODE) return yield* eraseBanks(memory, code, high ^ low, isIntact);
  const sectorCount = code + 1;
  // More sectors than there are: refused before the list arrives, which is then read as commands.
  if (sectorCount > sectors(memory.part).length) return yield* refuse();
  const list = yield* receiveChecked(2 * sectorCount, high ^ low);
  if (list === undefined || !isIntact) return yield* refuse();
  yield* eraseSectors(memory, list);
  yield* acknowledge();
  return undefined;
}

function* eraseBanks(memory: RomMemory, code: number, checksum: number, isIntact: boolean): RomProgram<undefined> {
  const empty = yield* receiveChecked(0, checksum);
  const banks = BANKS_BY_CODE.get(code)?.filter((bank) => bank < memory.part.banks.length) ?? [];
  if (empty === undefined || !isIntact || banks.length === 0) return yield* refuse();
  // V13.3 answers and erases nothing (AN2606, known limitations).
  if (memory.version.erasesBanks) yield* memory.flash.eraseBanks(banks);
  yield* acknowledge();
  return undefined;
}

/** Numbers beyond the last sector erase nothing: AN3155 has no error for them. */
function* eraseSectors(memory: RomMemory, list: Uint8Array): RomProgram {
  const all = sectors(memory.part);
  for (let at = 0; at < list.length; at += 2) {
    const sector = all[((list[at] ?? 0) << 8) | (list[at + 1] ?? 0)];
    if (sector === undefined) continue;
    const waits = !(memory.version.answersBank2EraseEarly && sector.bankIndex === 1);
    yield* memory.flash.eraseSector(sector.bankIndex, sector.indexInBank, waits);
  }
}
