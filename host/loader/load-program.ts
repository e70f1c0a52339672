/** ROM bootloader → running program in RAM: the loader takes the program and the starter, which starts it (PROTOCOL.md §2.1). */
import type { Blob } from '../blobs/manifest.js';
import type { RomSession } from '../bootloader/rom-session.js';
import { ConverterRoom } from '../link/converter-room.js';
import type { Link } from '../link/link.js';
import { masksFor } from '../protocol/masks.js';
import { LIMITS } from '../protocol/wire.js';
import { deliver, greetLoader } from './deliver.js';
import { enterLoader } from './enter-loader.js';
import { LoaderAnswers } from './loader-answers.js';
import type { LoaderChunk } from './loader-chunks.js';
import { loaderFrames, refuseFlowControl } from './loader-frames.js';

/** Enough for a text that somebody waits for. */
const MOST_SAID_BYTES = 65_536;

export interface Loading {
  /** Of the program and the starter, the one to be called last. */
  readonly chunks: readonly LoaderChunk[];
  /** What the program says when it lives: proof enough, where the starter's word is lost. */
  readonly sign?: string | undefined;
  /** The loader is there. */
  readonly onGreeted: () => void;
  /** What the loader has stored. */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

/**
 * @returns what the program has said already
 * @throws StageFlashError kind `bootloader` or `stub`
 */
export async function loadProgram(link: Link, rom: RomSession, loader: Blob, { chunks, sign, onGreeted, onProgress }: Loading): Promise<Uint8Array> {
  if (link.hasXonXoff) refuseFlowControl(chunks);
  return enterLoader(link, rom, loader, async (token) => {
    const frames = loaderFrames(chunks, token, masksFor(link));
    const answers = new LoaderAnswers(token, chunks.map(({ address }) => address));
    await greetLoader(link, rom.roundTrip, answers);
    onGreeted();
    const progress = progressOf(chunks, onProgress);
    let said = Buffer.alloc(0);
    const prove = (bytes: Uint8Array): Uint8Array | undefined => {
      progress(answers.stored.size);
      said = Buffer.concat([said, bytes]).subarray(-MOST_SAID_BYTES);
      if (answers.started) return answers.takeTrailing();
      return sign !== undefined && said.includes(sign, 0, 'utf8') ? said : undefined;
    };
    const silenceHint = 'It may run: its start is told once, and the line may have lost that. A program that was not started is gone: the loader resets the board.';
    return deliver(link, rom.roundTrip, { what: 'program', frames, answers, prove, silenceHint }, new ConverterRoom(link.line));
  });
}

/** Told when there is something new; the chunk that is called is not answered. */
function progressOf(chunks: readonly LoaderChunk[], onProgress: Loading['onProgress']): (stored: number) => void {
  const chunkBytes = LIMITS.loaderChunkBytes.value;
  let most = 0;
  return (stored) => {
    if (stored > most) onProgress((most = stored) * chunkBytes, (chunks.length - 1) * chunkBytes);
  };
}
