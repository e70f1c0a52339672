/**
 * A packer that may be asked before anybody knows whether it was the right question, while the wire is busy with other things: whoever then asks just
 * that gets what has begun, and whoever asks something else ends it. Knows nothing of boards.
 */
import { isDeepStrictEqual } from 'node:util';
import type { PackOptions } from './pack-content.js';
import type { PackedContent } from './packed-content.js';
import type { Packer } from './packer.js';

export interface PackerAhead extends Packer {
  /** Ends what has begun. What is asked afterwards begins anew. */
  stop(): void;
}

export function packerAhead(packer: Packer): PackerAhead {
  const packing = begunOnce(([runs]: Parameters<Packer['pack']>, options) => packer.pack(runs, options));
  const diffing = begunOnce(([base, targets, memory]: Parameters<Packer['diff']>, options) => packer.diff(base, targets, memory, options));
  return {
    pack: (runs, options) => packing.ask([runs], options),
    diff: (base, targets, memory, options) => diffing.ask([base, targets, memory], options),
    stop: () => {
      packing.stop();
      diffing.stop();
    },
  };
}

interface Begun {
  readonly asked: unknown;
  readonly made: Promise<PackedContent>;
  readonly stopping: AbortController;
  /** How far it is, and whoever asked last and wants to know. */
  readonly progress: { share: number; tell: (share: number) => void };
}

interface BegunOnce<Input> {
  ask(input: Input, options?: PackOptions): Promise<PackedContent>;
  stop(): void;
}

/** Remembers the last question, by content. */
function begunOnce<Input>(make: (input: Input, options: PackOptions) => Promise<PackedContent>): BegunOnce<Input> {
  let begun: Begun | undefined;
  const stop = (): void => {
    begun?.stopping.abort();
    begun = undefined;
  };
  const begin = (input: Input, options: PackOptions): Begun => {
    const stopping = new AbortController();
    const progress = { share: 0, tell: (_: number): void => undefined };
    const onProgress = (share: number): void => {
      progress.share = share;
      progress.tell(share);
    };
    return { asked: [input, options], progress, stopping, made: make(input, { ...options, onProgress, signal: stopping.signal }) };
  };
  return {
    ask: (input, { onProgress = () => undefined, ...options } = {}) => {
      if (begun === undefined || !isDeepStrictEqual(begun.asked, [input, options])) {
        stop();
        begun = begin(input, options);
      }
      begun.progress.tell = onProgress;
      onProgress(begun.progress.share);
      return begun.made;
    },
    stop,
  };
}
