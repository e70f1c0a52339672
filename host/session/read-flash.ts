/**
 * Flash → host (PROTOCOL.md §4, READ and CONTENT): one request, and the content comes back to back, so that the distance costs one round trip in all.
 * What got lost on the way, or with a connection, is asked for again. Nothing may be in progress on the board.
 */
import { lineTimeMs } from '../link/line-settings.js';
import { FRAME_OVERHEAD_BYTES } from '../protocol/frame.js';
import { cutAtMultiples, type AddressedRange } from '../protocol/ranges.js';
import { LIMITS } from '../protocol/wire.js';
import { askDigests } from './ask-digests.js';
import { MissingContent, type FlashContent } from './missing-content.js';
import { deafError, MOST_UNANSWERED } from './stub-error.js';
import type { StubSession } from './stub-session.js';

const MOST_RANGES = 64;
const LEAST_PIECE_BYTES = 64;
/** Where more of the pieces are lost, shorter ones get through; where none is, longer ones may. */
const BEARABLE_LOSS = 0.1;
/** Times the round trip's own time-out, which has its room already. */
const MOST_PATIENCE = 4;
/** A converter packs, a network stalls: silence in the middle of an answer means nothing before this has passed on top of the round trip. */
const LULL_MS = 500;

export interface FlashRead {
  /** One for each range, in order; 0xFF where a flash word cannot be read. */
  readonly content: readonly FlashContent[];
  /** Flash words that a power cut, or age, left so that they cannot be read. */
  readonly unreadable: readonly AddressedRange[];
}

export interface Reading {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (doneBytes: number) => void;
}

/** On the wire, when nothing is lost. */
export function readingBytes(lengthBytes: number): number {
  return lengthBytes + Math.ceil(lengthBytes / LIMITS.mostContentBytes.value) * FRAME_OVERHEAD_BYTES;
}

/** @param ranges each in one bank, multiples of the flash word or not */
export async function readFlash(session: StubSession, ranges: readonly AddressedRange[], reading: Reading = {}): Promise<FlashRead> {
  const whole = new MissingContent(ranges);
  const doubtful = await readPieces(session, whole, LIMITS.mostContentBytes.value, reading);
  if (doubtful.length === 0) return { content: whole.content, unreadable: [] };
  // An answer to this comes behind all others: an empty one of a large piece cannot be taken for one of a flash word.
  await askDigests(session, doubtful.slice(0, 1));
  session.takeEach('content');
  const words = new MissingContent(doubtful.flatMap((piece) => cutAtMultiples(piece, session.facts.flashWordBytes)));
  const unreadable = await readPieces(session, words, session.facts.flashWordBytes, { signal: reading.signal });
  for (const { address, bytes } of words.content) if (!unreadable.some((word) => word.address === address)) whole.add(address, bytes);
  return { content: whole.content, unreadable };
}

/** Until all of it has come. @returns the pieces that the stub could not read */
async function readPieces(session: StubSession, wanted: MissingContent, mostBytes: number, { signal, onProgress }: Reading): Promise<AddressedRange[]> {
  const totalBytes = wanted.missingBytes;
  const doubtful: AddressedRange[] = [];
  let pieceBytes = mostBytes;
  let unanswered = 0;
  while (wanted.missingBytes > 0) {
    signal?.throwIfAborted();
    if (unanswered === MOST_UNANSWERED) {
      throw deafError(session.link.name);
    }
    // What is lost may have been the request: a short one is more likely to arrive.
    const asked = wanted.missing.slice(0, MOST_RANGES >> unanswered);
    const askedBytes = asked.reduce((sum, { length }) => sum + length, 0);
    const before = wanted.missingBytes;
    const { renewals } = session.link;
    await session.send('read', session.newRequest(), { pieceBytes, ranges: asked.flatMap(({ address, length }) => [address, length]) });
    const patience = Math.min(2 ** unanswered, MOST_PATIENCE);
    await hearPieces(session, wanted, asked, { pieceBytes, renewals, patience, doubtful, onHeard: () => onProgress?.(totalBytes - wanted.missingBytes) });
    const comeBytes = before - wanted.missingBytes;
    pieceBytes = nextPieceBytes(pieceBytes, 1 - comeBytes / askedBytes, mostBytes);
    unanswered = comeBytes > 0 ? 0 : unanswered + 1;
    if (unanswered > 0) session.repeats++;
  }
  return doubtful;
}

function nextPieceBytes(pieceBytes: number, loss: number, mostBytes: number): number {
  if (loss > BEARABLE_LOSS) return Math.max(Math.min(LEAST_PIECE_BYTES, mostBytes), pieceBytes / 2);
  return loss > 0 ? pieceBytes : Math.min(mostBytes, 2 * pieceBytes);
}

interface Hearing {
  readonly pieceBytes: number;
  /** Of the connection over which it was asked. */
  readonly renewals: number | undefined;
  readonly patience: number;
  readonly doubtful: AddressedRange[];
  readonly onHeard: () => void;
}

/** Until the last of what was asked for has come, or nothing comes any more, or the connection is another one. */
async function hearPieces(session: StubSession, wanted: MissingContent, asked: readonly AddressedRange[], { pieceBytes, renewals, patience, doubtful, onHeard }: Hearing): Promise<void> {
  const { link, roundTrip, pacer } = session;
  const lastByte = Math.max(0, ...asked.slice(-1).map(({ address, length }) => address + length - 1));
  const lullMs = (roundTrip.timeoutMs(LULL_MS) + lineTimeMs(2 * (pieceBytes + FRAME_OVERHEAD_BYTES), link.line)) * patience;
  let deadlineMs = pacer.freeAtMs + lullMs;
  while (link.now() < deadlineMs && link.renewals === renewals) {
    for (const { offset: address, values: { bytes } } of session.takeEach('content')) {
      deadlineMs = link.now() + lullMs;
      const range = asked.find((candidate) => address >= candidate.address && address < candidate.address + candidate.length);
      if (bytes.length > 0) wanted.add(address, bytes);
      else if (range !== undefined) doubtful.push(...given(wanted, { address, length: Math.min(pieceBytes, range.address + range.length - address) }));
      onHeard();
      if (lastByte >= address && lastByte < address + Math.max(bytes.length, 1) && bytes.length > 0) return;
    }
    if (wanted.missingBytes === 0) return;
    await session.listen(deadlineMs);
  }
}

/** A piece that cannot be read is not waited for; once. */
function given(wanted: MissingContent, piece: AddressedRange): AddressedRange[] {
  const before = wanted.missingBytes;
  wanted.forget(piece.address, piece.length);
  return wanted.missingBytes < before ? [piece] : [];
}
