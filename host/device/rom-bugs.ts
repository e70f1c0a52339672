/**
 * What the ROM bootloaders are known to do wrong, where it matters for flashing. Facts only.
 *
 * Sources: AN2606 Rev 70, tables 135 to 137 and the version tables of each device; the lost bytes of H72x as users reported them and ST
 * confirmed (ST Community 795174).
 */
import type { H7Family } from './h7-part.js';

interface RomBug {
  readonly family: H7Family;
  /** Bootloader identifier bytes that have it; missing: all. */
  readonly versions?: readonly number[];
  readonly text: string;
}

const ROM_BUGS: readonly RomBug[] = [
  { family: 'H74x', versions: [0x90], text: 'Go is not acknowledged' },
  { family: 'H74x', versions: [0x90], text: 'Go ends in a reset when the stack pointer is within 16 bytes of the end of RAM' },
  { family: 'H74x', versions: [0x90, 0x91], text: 'the erase of a sector in bank 2 is acknowledged before it is done' },
  { family: 'H74x', versions: [0xd2], text: 'Go does not work, and USART2 is dead' },
  { family: 'H74x', versions: [0xd3], text: 'the erase of a whole bank does not work over USART' },
  { family: 'H74x', text: 'PB14/PB15 want 0x7F twice and bear no more than 115200 baud; PB15 held low blocks every USART' },
  { family: 'H72x', text: 'Write Memory to flash loses its first 32 bytes when it follows a Read Memory' },
  { family: 'H72x', versions: [0x92], text: 'under read-out protection it is dead while TCM_AXI_SHARED is not 0' },
];

export function knownRomBugs(family: H7Family, version: number): readonly string[] {
  return ROM_BUGS.filter((bug) => bug.family === family && (bug.versions?.includes(version) ?? true)).map((bug) => bug.text);
}
