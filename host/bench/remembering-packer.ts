/** Packs each content once: what comes out does not depend on the line, and the bench asks for every line; nor on when a cut comes. */
import { diffContent } from '../codec/diff-content.js';
import { packContent } from '../codec/pack-content.js';
import type { Packer } from '../codec/packer.js';
import type { Segment } from '../image/image.js';
import { crc32 } from '../protocol/crc32.js';

/** @param most answers to so many questions are remembered: the latest */
export function rememberingPacker(most = Infinity): Packer {
  const made = new Map<string, Promise<unknown>>();
  const once = <Made>(key: string, make: () => Promise<Made>): Promise<Made> => {
    const answer = (made.get(key) as Promise<Made> | undefined) ?? make();
    made.delete(key);
    made.set(key, answer);
    for (const oldest of made.keys()) if (made.size > most) made.delete(oldest);
    return answer;
  };
  return {
    pack: (runs, options) => once(`pack ${nameOf(runs)}`, () => packContent(runs, options)),
    diff: (base, targets, memory, options) => once(`diff ${nameOf(base)} ${nameOf(targets.map(({ run }) => run))}`, () => diffContent(base, targets, memory, options)),
  };
}

function nameOf(runs: readonly Segment[]): string {
  return runs.map(({ address, bytes }) => `${address}+${bytes.length}:${crc32(bytes)}`).join();
}
