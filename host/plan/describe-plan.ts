/** Plan → words. */
import type { Sector } from '../device/memory-map.js';
import { hex32 } from '../errors.js';
import { sentBytes } from './estimate.js';
import { keptBytes, writtenSectors, type Plan, type PlannedSector } from './plan.js';

/** One way to bring the plan's content over, and what it costs. */
export interface Way {
  readonly name: string;
  /** Of the stream, or of everything in the case of the ROM bootloader. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** To the proof, from the first byte of the job on. */
  readonly seconds: number;
  readonly isChosen: boolean;
}

/** What will be erased and what that costs, before it happens; one line each. */
export function describeSectors(plan: Plan): string[] {
  const written = writtenSectors(plan);
  if (written.length === 0) return [`All ${plan.sectors.length} sectors of the image are right already.`];
  const lines = [`To be erased and written: ${written.length} of ${plan.sectors.length} sectors, ${describeRuns(written.map(({ sector }) => sector))}.`];
  const lostBytes = written.reduce((sum, planned) => sum + (planned.keptBytes === undefined ? planned.uncoveredBytes : 0), 0);
  if (keptBytes(plan) > 0) lines.push(`${keptBytes(plan)} bytes of these sectors are not part of the image and stay as they are.`);
  if (lostBytes > 0) lines.push(`${lostBytes} bytes of these sectors are not part of the image and will be erased.`);
  return lines;
}

/** For --dry-run: a line a sector, then a line a way. */
export function describePlan(plan: Plan, ways: readonly Way[] = []): string {
  const timing = plan.part.flashTiming.x64;
  const sectorRows = plan.sectors.map((planned) => {
    const bytes = plan.erases.includes(planned.sector) && plan.kept?.sector !== planned.sector ? sentBytes(plan, planned.sector) : 0;
    const programmed = plan.kept?.sector === planned.sector ? planned.sector.lengthBytes : bytes;
    const flashSeconds = planned.isWritten ? timing.sectorEraseMs.typical / 1000 + ((programmed / plan.part.flashWordBytes) * timing.wordProgramUs.typical) / 1e6 : 0;
    return [hex32(planned.sector.base), whatHappens(plan, planned), String(bytes), flashSeconds.toFixed(1)];
  });
  const wayRows = ways.map(({ name, bytesUp, bytesDown, seconds, isChosen }) => [`${isChosen ? '→ ' : '  '}${name}`, String(bytesUp), String(bytesDown), duration(seconds)]);
  return [
    ...table(['sector', 'what happens', 'bytes', 'flash s'], sectorRows, 2),
    ...(ways.length > 0 ? ['', ...table(['  way', 'bytes up', 'bytes down', 'time'], wayRows, 1)] : []),
  ].join('\n');
}

/** What the job had to read before it could plan, a dry run too. */
export function describeFetch({ fetchedBytes, fetchSeconds }: { readonly fetchedBytes: number; readonly fetchSeconds: number }): string[] {
  return fetchedBytes === 0 ? [] : [`Of this time ${duration(fetchSeconds)} went into fetching ${fetchedBytes} bytes that are beside the image and stay.`];
}

function whatHappens(plan: Plan, planned: PlannedSector): string {
  if (plan.kept?.sector === planned.sector) return 'erase, restore from RAM';
  return planned.isWritten ? 'erase, write' : 'right already';
}

/** Columns side by side: the first ones to the left, numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], textColumns: number): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  return [head, ...rows].map((row) => row.map((cell, column) => (column < textColumns ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ').trimEnd());
}

/** `6.1 s`, `12 min 3 s`, `3 h 12 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds) % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `0x08000000-0x0803FFFF, 0x08100000-0x0811FFFF`. */
export function describeRuns(sectors: readonly Pick<Sector, 'base' | 'lengthBytes'>[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const { base, lengthBytes } of sectors) {
    const last = ranges.at(-1);
    if (last !== undefined && last.to === base) last.to += lengthBytes;
    else ranges.push({ from: base, to: base + lengthBytes });
  }
  return ranges.map((range) => `${hex32(range.from)}-${hex32(range.to - 1)}`).join(', ');
}
