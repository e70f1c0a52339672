/** Content for RAM cut into the pieces that the loader takes, in the order in which it takes them: what is called comes last (PROTOCOL.md §2). Pure. */
import { StageFlashError } from '../errors.js';
import { crc32 } from '../protocol/crc32.js';
import { cutAtMultiples } from '../protocol/ranges.js';
import { LIMITS, STARTER_HEADER } from '../protocol/wire.js';

export interface LoaderChunk {
  /** A multiple of `loaderChunkBytes`. */
  readonly address: number;
  /** `loaderChunkBytes` of them. */
  readonly bytes: Uint8Array;
}

/** Bytes without a gap. */
interface Piece {
  readonly address: number;
  readonly bytes: Uint8Array;
}

const CHUNK_BYTES = LIMITS.loaderChunkBytes.value;

/** The stub: what is called checks the rest. */
export function stubChunks(stub: Uint8Array): readonly LoaderChunk[] {
  const [first, ...others] = cutIntoChunks([{ address: LIMITS.stubBaseAddress.value, bytes: stub }]);
  return [...others, first!];
}

/**
 * A program for RAM, and the starter that checks and starts it.
 * @param pieces ascending, none where loader and starter are
 * @param vectors address of the program's vector table
 * @throws StageFlashError kind `image` when the program lies in more pieces than the starter has words for
 */
export function programChunks(pieces: readonly Piece[], vectors: number, starter: Uint8Array): readonly LoaderChunk[] {
  const base = LIMITS.starterBaseAddress.value;
  const [called, ...rest] = cutIntoChunks([{ address: base, bytes: starter }]);
  const checked = [...cutIntoChunks(pieces), ...rest].sort((a, b) => a.address - b.address);
  const runs = runsOf(checked);
  if (runs.length > LIMITS.starterPieces.value) {
    throw new StageFlashError('image', `the program lies in ${runs.length} places, and the starter knows no more than ${LIMITS.starterPieces.value}`, { hint: 'Link it into fewer sections, or join them: objcopy --gap-fill.' });
  }
  const view = new DataView(called!.bytes.buffer, called!.bytes.byteOffset);
  view.setUint32(STARTER_HEADER.crc.offset, checked.reduce((crc, { bytes }) => crc32(bytes, crc), 0), true);
  view.setUint32(STARTER_HEADER.vectors.offset, vectors, true);
  runs.forEach(({ address, lengthBytes }, at) => {
    view.setUint32(STARTER_HEADER.pieces.offset + 8 * at, address, true);
    view.setUint32(STARTER_HEADER.pieces.offset + 8 * at + 4, lengthBytes, true);
  });
  return [...checked, called!];
}

/** What belongs to nobody is 0xFF. Ascending. */
function cutIntoChunks(pieces: readonly Piece[]): readonly LoaderChunk[] {
  const chunks = new Map<number, LoaderChunk>();
  for (const { address, bytes } of pieces) {
    for (const part of cutAtMultiples({ address, length: bytes.length }, CHUNK_BYTES)) {
      const begin = part.address - (part.address % CHUNK_BYTES);
      const chunk = chunks.get(begin) ?? { address: begin, bytes: new Uint8Array(CHUNK_BYTES).fill(0xff) };
      chunk.bytes.set(bytes.subarray(part.address - address, part.address - address + part.length), part.address - begin);
      chunks.set(begin, chunk);
    }
  }
  return [...chunks.values()];
}

function runsOf(chunks: readonly LoaderChunk[]): readonly { readonly address: number; readonly lengthBytes: number }[] {
  const runs: { address: number; lengthBytes: number }[] = [];
  for (const { address } of chunks) {
    const last = runs.at(-1);
    if (last !== undefined && last.address + last.lengthBytes === address) last.lengthBytes += CHUNK_BYTES;
    else runs.push({ address, lengthBytes: CHUNK_BYTES });
  }
  return runs;
}
