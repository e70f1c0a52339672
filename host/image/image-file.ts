/**
 * A file that will hold what was read from a board: Intel HEX or raw bytes, by its name. That it can be written is found before anything is read; it
 * takes the place of what is there only when it is whole.
 */
import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { StageFlashError, fileTrouble } from '../errors.js';
import { hexText } from './hex-text.js';
import { segmentEnd, type Segment } from './image.js';

export interface ImageFile {
  /** @throws StageFlashError kind `output` */
  readonly write: (segments: readonly Segment[]) => void;
  /** It will not be written, or has been. */
  readonly end: () => void;
}

const HEX_EXTENSIONS: ReadonlySet<string> = new Set(['.hex', '.ihex', '.ihx']);
const ERASED = 0xff;

/** @throws StageFlashError kind `usage` when the file cannot be written */
export function beginImageFile(path: string): ImageFile {
  // What is no file, like /dev/null, has no place to be taken.
  const draft = existsSync(path) && !statSync(path).isFile() ? path : `${path}.part`;
  try {
    writeFileSync(draft, '');
  } catch (cause) {
    throw new StageFlashError('usage', `${path} cannot be written: ${fileTrouble(cause)}`, { hint: 'Name a file in a folder that exists and can be written.', cause });
  }
  return {
    write: (segments) => {
      try {
        writeFileSync(draft, HEX_EXTENSIONS.has(extname(path).toLowerCase()) ? hexText(segments) : rawBytes(segments));
        if (draft !== path) renameSync(draft, path);
      } catch (cause) {
        throw new StageFlashError('output', `${path} cannot be written: ${fileTrouble(cause)}`, { cause });
      }
    },
    end: () => {
      if (draft !== path) rmSync(draft, { force: true });
    },
  };
}

/** From the first address on; 0xFF between two segments. */
function rawBytes(segments: readonly Segment[]): Uint8Array {
  const [first] = segments;
  const last = segments.at(-1);
  if (first === undefined || last === undefined) return new Uint8Array(0);
  const bytes = new Uint8Array(segmentEnd(last) - first.address).fill(ERASED);
  for (const segment of segments) bytes.set(segment.bytes, segment.address - first.address);
  return bytes;
}
