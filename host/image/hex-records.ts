/**
 * Intel HEX, first look: lines → data records with absolute addresses, every error with its line number.
 *
 * Format: Intel "Hexadecimal Object File Format Specification", revision A, 1988. Knows nothing of segments.
 */
import { StageFlashError } from '../errors.js';

/** One data record (type 00). */
export interface HexRecord {
  /** 1-based, as editors count. */
  readonly line: number;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** The record as it stands in the file. */
  readonly text: string;
  /** The extended address record (type 02 or 04) that it counts from; empty when none came before. */
  readonly baseText: string;
}

const RECORD_TYPES = {
  data: 0,
  endOfFile: 1,
  extendedSegmentAddress: 2,
  startSegmentAddress: 3,
  extendedLinearAddress: 4,
  startLinearAddress: 5,
} as const;

/** The length of the data field that each type except `data` must have. */
const FIELD_LENGTH: Readonly<Record<number, number>> = {
  [RECORD_TYPES.endOfFile]: 0,
  [RECORD_TYPES.extendedSegmentAddress]: 2,
  [RECORD_TYPES.startSegmentAddress]: 4,
  [RECORD_TYPES.extendedLinearAddress]: 2,
  [RECORD_TYPES.startLinearAddress]: 4,
};

/** Length, offset (2), type and checksum: what surrounds the data field. */
const OVERHEAD_BYTES = 5;
const SEGMENT_LENGTH = 0x1_0000;
const ADDRESS_SPACE = 2 ** 32;

/** Where data records count from. */
interface Base {
  readonly text: string;
  readonly address: number;
  /** Under a type 02 record offsets wrap at 64 KiB, under type 04 they run on. */
  readonly wraps: boolean;
}

/**
 * All data records in file order. Empty lines and white space around a record are accepted, as linkers and editors leave them.
 * @throws StageFlashError kind `image` naming file and line.
 */
export function scanHexRecords(source: string, text: string): HexRecord[] {
  const records: HexRecord[] = [];
  let base: Base = { text: '', address: 0, wraps: false };
  let endLine: number | undefined;
  let line = 0;
  for (const raw of text.split(/\r\n|\n|\r/)) {
    line++;
    const content = raw.trim();
    if (content === '') continue;
    if (endLine !== undefined) fail(source, line, `data after the end-of-file record of line ${endLine}`);
    const frame = decodeLine(source, line, content);
    const type = frame[3] ?? 0;
    if (type === RECORD_TYPES.data) records.push(locate(source, line, base, content, frame));
    else if (type === RECORD_TYPES.endOfFile) endLine = line;
    else base = nextBase(base, content, frame);
  }
  if (endLine === undefined) {
    throw new StageFlashError('image', `${source}: the end-of-file record is missing`, {
      hint: 'The file was cut off; copy or build it again.',
    });
  }
  return records;
}

/** One line → its bytes from the length field to the checksum, both proven. */
function decodeLine(source: string, line: number, content: string): Uint8Array {
  if (!content.startsWith(':')) fail(source, line, `starts with ${JSON.stringify(content[0])} where ":" is expected`);
  const bad = /[^0-9A-Fa-f]/.exec(content.slice(1));
  if (bad) fail(source, line, `${JSON.stringify(bad[0])} in column ${bad.index + 2} is no hexadecimal digit`);
  const frame = new Uint8Array(Buffer.from(content.slice(1), 'hex'));
  const wanted = (frame[0] ?? 0) + OVERHEAD_BYTES;
  if (content.length - 1 !== wanted * 2) {
    fail(source, line, `the record has ${content.length - 1} digits where its length field asks for ${wanted * 2}`);
  }
  const sum = frame.reduce((total, byte) => total + byte, 0) & 0xff;
  if (sum !== 0) {
    const found = frame[wanted - 1] ?? 0;
    fail(source, line, `bad checksum: found ${hexByte(found)}, computed ${hexByte(found - sum)}`);
  }
  checkShape(source, line, frame);
  return frame;
}

function checkShape(source: string, line: number, frame: Uint8Array): void {
  const [length = 0, , , type = 0] = frame;
  if (type === RECORD_TYPES.data) return;
  const wanted = FIELD_LENGTH[type];
  if (wanted === undefined) fail(source, line, `unknown record type ${hexByte(type)}`);
  if (length !== wanted) fail(source, line, `a record of type ${hexByte(type)} carries ${wanted} bytes, this one ${length}`);
}

function locate(source: string, line: number, base: Base, text: string, frame: Uint8Array): HexRecord {
  const bytes = frame.slice(4, -1);
  const offset = bigEndian16(frame, 1);
  if (base.wraps && offset + bytes.length > SEGMENT_LENGTH) {
    fail(source, line, 'the record runs over the end of its 64 KiB segment');
  }
  const address = base.address + offset;
  if (address + bytes.length > ADDRESS_SPACE) fail(source, line, 'the record runs over the end of the address space');
  return { line, address, bytes, text, baseText: base.text };
}

/** Start addresses are for debuggers: the chip starts at its vector table. */
function nextBase(base: Base, text: string, frame: Uint8Array): Base {
  const type = frame[3];
  if (type === RECORD_TYPES.extendedSegmentAddress) return { text, address: bigEndian16(frame, 4) * 16, wraps: true };
  if (type === RECORD_TYPES.extendedLinearAddress) return { text, address: bigEndian16(frame, 4) * SEGMENT_LENGTH, wraps: false };
  return base;
}

function bigEndian16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function hexByte(value: number): string {
  return (value & 0xff).toString(16).toUpperCase().padStart(2, '0');
}

function fail(source: string, line: number, what: string): never {
  throw new StageFlashError('image', `${source}, line ${line}: ${what}`, {
    hint: 'The file is damaged or is no Intel HEX; build or copy it again.',
  });
}
