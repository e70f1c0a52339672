/** What RAM each part gives to the stub's window, look-back, copies and tables. */
import { H7_PARTS } from '../device/h7-parts.js';
import type { H7Part } from '../device/h7-part.js';
import { info } from '../info.js';
import { copyPlaces } from '../plan/copy-places.js';
import { LIMITS } from '../protocol/wire.js';

const { windowMostBytes, copyBytes, recentBytes, halfTheShifts, mostSpans } = LIMITS;
/** `int32_t` each (stub/codec/workspace.c): for addresses in flash, and for others. */
const SHIFTS_BYTES = 2 * 4 * halfTheShifts.value;

/** Lines of Markdown, a line for all parts that are alike. @param say is told what is being measured */
export async function ramTable(say: (text: string) => void): Promise<string[]> {
  const partsOf = new Map<string, string[]>();
  for (const part of H7_PARTS) {
    say(`RAM of ${part.name}`);
    const row = ramOf(part, await windowBytesOf(part));
    partsOf.set(row, [...(partsOf.get(row) ?? []), part.name]);
  }
  return [
    '| parts | window KiB | look-back in RAM, whole image KiB (beyond: the flash) | copies of 128 KiB | look-back of an update KiB | table of shifts KiB | pieces of content |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...[...partsOf].map(([row, names]) => `| ${names.join(', ')} | ${row} |`),
  ];
}

function ramOf(part: H7Part, windowBytes: number): string {
  // Where the window is as large as can be, a whole image has its look-back where an update has its first copy (stub/codec/workspace.c).
  const lookBackBytes = windowBytes === windowMostBytes.value ? copyBytes.value : recentBytes.value;
  const copies = copyPlaces(part).length;
  const ofUpdates = copies === 0 ? ['–', '–'] : [recentBytes.value / 1024, SHIFTS_BYTES / 1024];
  return [windowBytes / 1024, lookBackBytes / 1024, copies, ...ofUpdates, mostSpans.value].join(' | ');
}

/** As the stub tells it on the virtual board. */
async function windowBytesOf({ name }: H7Part): Promise<number> {
  const { details } = await info({ to: `sim:?chip=${name}&rtt=1ms`, chip: name, events: () => undefined });
  return details.info.windowBytes;
}
