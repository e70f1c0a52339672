/**
 * Blocks translated before, by any core of this process: boards come and go and are reset, the loader and the stub on them stay the same.
 * A block is known again by all that its translation asked for: each halfword, at its address, as it reads now.
 */
import type { TranslatedBlock } from './translate-block.js';
import { translateBlock } from './translate-block.js';

interface KnownBlock {
  readonly addresses: readonly number[];
  readonly halfwords: readonly (number | undefined)[];
  readonly translated: TranslatedBlock | undefined;
}

/** Loader, stub and an application have less than a thousand; who translates more than this makes new code all the time. */
const MOST_BLOCKS = 8192;

const knownAt = new Map<number, KnownBlock[]>();
let blocks = 0;

/** `translateBlock` outside IT blocks. @param fetch without consequences: it may be asked more often */
export function translateOnce(start: number, fetch: (address: number) => number | undefined): TranslatedBlock | undefined {
  const known = knownAt.get(start)?.find(({ addresses, halfwords }) => addresses.every((address, at) => fetch(address) === halfwords[at]));
  return (known ?? remember(start, fetch)).translated;
}

function remember(start: number, fetch: (address: number) => number | undefined): KnownBlock {
  const addresses: number[] = [];
  const halfwords: (number | undefined)[] = [];
  const translated = translateBlock({
    start,
    itState: 0,
    fetch: (address) => {
      const halfword = fetch(address);
      addresses.push(address);
      halfwords.push(halfword);
      return halfword;
    },
  });
  const block = { addresses, halfwords, translated };
  if (blocks === MOST_BLOCKS) {
    knownAt.clear();
    blocks = 0;
  }
  blocks++;
  knownAt.set(start, [...(knownAt.get(start) ?? []), block]);
  return block;
}
