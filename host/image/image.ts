/**
 * An image: bytes and the addresses where they belong. What every file format becomes, and all that the plan sees of a file.
 *
 * Knows nothing of formats, of flash geometry or of what the bytes mean.
 */
import { StageFlashError, hex32 } from '../errors.js';

/** Bytes without a gap. `address` is absolute, `bytes` is never empty. */
export interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
}

export type ImageFormat = 'raw binary' | 'Intel HEX';

export interface Image {
  /** The file as the user named it, for messages. */
  readonly source: string;
  readonly format: ImageFormat;
  /** Of the file as it was read, in hexadecimal; missing where there is no file. */
  readonly fileSha256?: string;
  /** At least one; ascending; between two segments lies at least one byte that belongs to neither. */
  readonly segments: readonly Segment[];
}

/** The first address behind a segment. */
export function segmentEnd(segment: Segment): number {
  return segment.address + segment.bytes.length;
}

/** Bytes in all segments together; gaps do not count. */
export function imageLengthBytes(image: Image): number {
  return image.segments.reduce((sum, segment) => sum + segment.bytes.length, 0);
}

/**
 * Establishes the invariants of Image: drops empty segments, sorts, joins neighbours that touch.
 * @throws StageFlashError kind `image` when two segments overlap or nothing is left.
 */
export function createImage(source: string, format: ImageFormat, segments: readonly Segment[]): Image {
  const sorted = segments.filter((segment) => segment.bytes.length > 0).sort((a, b) => a.address - b.address);
  if (sorted.length === 0) {
    throw new StageFlashError('image', `${source} holds no bytes`, { hint: 'Check that the build that wrote it succeeded.' });
  }
  const runs: Segment[][] = [];
  for (const segment of sorted) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && segment.address === segmentEnd(last)) {
      run.push(segment);
    } else {
      if (last && segment.address < segmentEnd(last)) {
        throw new StageFlashError('image', `${source}: two segments overlap at ${hex32(segment.address)}`);
      }
      runs.push([segment]);
    }
  }
  return { source, format, segments: runs.map(joinRun) };
}

function joinRun(run: readonly Segment[]): Segment {
  const [first] = run as readonly [Segment, ...Segment[]];
  if (run.length === 1) return first;
  const bytes = new Uint8Array(run.reduce((sum, segment) => sum + segment.bytes.length, 0));
  for (const segment of run) bytes.set(segment.bytes, segment.address - first.address);
  return { address: first.address, bytes };
}
