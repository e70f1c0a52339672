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
import { loaderFrames } from './loader-frames.js';

export interface Loading {
  /** Of the program and the starter, the one to be called last. */
  readonly chunks: readonly LoaderChunk[];
  /** The loader is there. */
  readonly onGreeted: () => void;
  /** What the loader has stored. */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

/**
 * @returns what the program has said already
 * @throws StageFlashError kind `bootloader` or `stub`
 */
export async function loadProgram(link: Link, rom: RomSession, loader: Blob, { chunks, onGreeted, onProgress }: Loading): Promise<Uint8Array> {
  return enterLoader(link, rom, loader, async (token) => {
    const frames = loaderFrames(chunks, token, masksFor(link));
    const answers = new LoaderAnswers(token, chunks.map(({ address }) => address));
    await greetLoader(link, rom.roundTrip, answers);
    onGreeted();
    const totalBytes = chunks.length * LIMITS.loaderChunkBytes.value;
    const prove = (): true | undefined => {
      onProgress(answers.stored.size * LIMITS.loaderChunkBytes.value, totalBytes);
      return answers.started || undefined;
    };
    const silenceHint = 'It may run: its start is told once, and the line may have lost that. A program that was not started is gone: the loader resets the board.';
    await deliver(link, rom.roundTrip, { what: 'program', frames, answers, prove, silenceHint }, new ConverterRoom(link.line));
    return answers.takeTrailing();
  });
}
