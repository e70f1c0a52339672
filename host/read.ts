/** `stage-flash read`: flash → file. What is erased does not cross the wire; the board's own digest proves the rest. Changes nothing but RAM. */
import { bankLengthBytes, outsideFlash } from './device/memory-map.js';
import type { H7Part } from './device/h7-part.js';
import { StageFlashError, hex32 } from './errors.js';
import type { ReadOptions, ReadReport } from './flash-options.js';
import { beginImageFile } from './image/image-file.js';
import type { Segment } from './image/image.js';
import { visitBoard, type Visit, type VisitPlace } from './job/visit-board.js';
import { within } from './plan/rest.js';
import { crc32 } from './protocol/crc32.js';
import type { AddressedRange } from './protocol/ranges.js';
import { reportDetails } from './report/report.js';
import { askDigests } from './session/ask-digests.js';
import { fetchBlocks, findFilled } from './session/fetch-flash.js';

/** @throws StageFlashError kind `usage` for a file that cannot be written, `refused` for a range out of flash, `flash` where flash cannot be read */
export async function read(options: ReadOptions, place?: VisitPlace): Promise<ReadReport> {
  const file = beginImageFile(options.filePath);
  try {
    return await visitBoard(options, { begin: () => undefined, work: (visit) => readRange(visit, options), finish: ({ result: segments, ending, log }) => {
      file.write(segments);
      const lengthBytes = segments.reduce((sum, { bytes }) => sum + bytes.length, 0);
      const text = `${lengthBytes} bytes of the flash of ${log.part?.name} from ${hex32(segments[0]!.address)} on are in ${options.filePath}, as the board's own digest proves. ${ending}`;
      return { outcome: 'read', text, details: reportDetails(log) };
    } }, place);
  } finally {
    file.end();
  }
}

async function readRange({ session, part, events }: Visit, { range, signal }: ReadOptions): Promise<readonly Segment[]> {
  const ranges = chosenRanges(part, range);
  events.phase('stream', 'Reading');
  const filled = await findFilled(session, ranges);
  const total = filled.reduce((sum, { length }) => sum + length, 0);
  const { content, unreadable } = await fetchBlocks(session, filled, { signal, onProgress: (done) => events.progress('stream', done, total, 'reading') });
  if (unreadable.length > 0) {
    throw new StageFlashError('flash', `cannot be read, for a power cut or age has left them half written: the flash words at ${unreadable.map(({ address }) => hex32(address)).join(', ')}`, {
      hint: 'Read the ranges between them.',
    });
  }
  events.phase('prove', 'Comparing the digest of the flash');
  const segments = ranges.map((whole): Segment => {
    const bytes = new Uint8Array(whole.length).fill(0xff);
    for (const piece of within([whole], content)) bytes.set(piece.bytes, piece.address - whole.address);
    return { address: whole.address, bytes };
  });
  const digests = await askDigests(session, ranges);
  const wrong = segments.find(({ bytes }, index) => crc32(bytes) !== digests[index]);
  if (wrong !== undefined) throw new StageFlashError('verify', `what was read from ${hex32(wrong.address)} on is not what the board's digest says`, { hint: 'Run the same command again. If it stays so, the flash is worn out.' });
  return segments;
}

/** One for each bank. @throws StageFlashError kind `refused` for a range that reaches out of flash */
function chosenRanges(part: H7Part, range: ReadOptions['range']): readonly AddressedRange[] {
  const banks = part.banks.map((bank) => ({ address: bank.base, length: bankLengthBytes(part, bank) }));
  if (range === undefined) return banks;
  const [outside] = outsideFlash(part, range);
  if (outside !== undefined) {
    const flash = banks.map(({ address, length }) => `${hex32(address)}-${hex32(address + length - 1)}`).join(' and ');
    throw new StageFlashError('refused', `${part.name} has no flash at ${hex32(outside.address)}`, { hint: `Its flash is ${flash}.` });
  }
  const end = range.address + range.lengthBytes;
  return banks.flatMap(({ address, length }) => {
    const from = Math.max(address, range.address);
    const to = Math.min(address + length, end);
    return from < to ? [{ address: from, length: to - from }] : [];
  });
}
