/**
 * Intel HEX → segments. The decoding proper is done by the package `intel-hex`.
 *
 * That package lays all data into one buffer from an offset up and fills gaps with 0xFF: for a file of two segments 1 MiB apart it
 * would invent the megabyte between them, and without an offset 128 MiB before them. So the records are scanned first
 * (hex-records.ts) for gaps and errors, and the package gets one gapless run at a time.
 */
import hexPackage from 'intel-hex';
import { StageFlashError, hex32 } from '../errors.js';
import type { HexRecord } from './hex-records.js';
import { scanHexRecords } from './hex-records.js';
import type { Segment } from './image.js';

/** Runs of records without a gap between them become one segment each, in ascending order. */
export function parseIntelHex(source: string, text: string): Segment[] {
  const records = scanHexRecords(source, text)
    .filter((record) => record.bytes.length > 0)
    .sort((a, b) => a.address - b.address || a.line - b.line);
  return gaplessRuns(records).map((run) => decodeRun(source, run));
}

/** Also split where the package's signed addresses turn negative. */
function gaplessRuns(records: readonly HexRecord[]): HexRecord[][] {
  const runs: HexRecord[][] = [];
  let end = -1;
  for (const record of records) {
    const run = runs.at(-1);
    if (run?.[0] && record.address <= end && isNegative(record) === isNegative(run[0])) run.push(record);
    else runs.push([record]);
    end = Math.max(end, recordEnd(record));
  }
  return runs;
}

function isNegative({ address }: HexRecord): boolean {
  return address >= 2 ** 31;
}

function decodeRun(source: string, run: readonly HexRecord[]): Segment {
  const address = run[0]?.address ?? 0;
  const lengthBytes = run.reduce((end, record) => Math.max(end, recordEnd(record)), 0) - address;
  // One byte of buffer more than needed: the package stops reading when its buffer is full and doubles it when it would be.
  // `| 0`: its addresses are signed, negative from 0x80000000 on.
  const { data } = hexPackage.parse(textOfRun(run), lengthBytes + 1, address | 0);
  const segment = { address, bytes: new Uint8Array(data.subarray(0, lengthBytes)) };
  refuseConflicts(source, run, segment);
  return segment;
}

/** The run's records as a file of their own, in ascending order: the package reserves memory for what it skips. */
function textOfRun(run: readonly HexRecord[]): string {
  const lines: string[] = [];
  let baseText = '';
  for (const record of run) {
    if (record.baseText !== baseText) lines.push(record.baseText || ZERO_BASE);
    baseText = record.baseText;
    lines.push(record.text);
  }
  return [...lines, END_OF_FILE].join('\n');
}

const ZERO_BASE = ':020000040000FA';
const END_OF_FILE = ':00000001FF';

/** Records may repeat each other, but a byte cannot have two values. What was decoded last must read as every record says. */
function refuseConflicts(source: string, run: readonly HexRecord[], segment: Segment): void {
  for (const record of run) {
    const at = record.address - segment.address;
    const difference = record.bytes.findIndex((byte, index) => byte !== segment.bytes[at + index]);
    if (difference < 0) continue;
    const address = record.address + difference;
    const other = run.find((one) => one !== record && one.address <= address && address < recordEnd(one) && one.bytes[address - one.address] !== record.bytes[difference]);
    throw new StageFlashError('image', `${source}: lines ${record.line} and ${other?.line} put different bytes at ${hex32(address)}`, {
      hint: 'Two programs were merged that overlap; check their link addresses.',
    });
  }
}

function recordEnd(record: HexRecord): number {
  return record.address + record.bytes.length;
}
