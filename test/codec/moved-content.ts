/** An old and a new content for the codec's tests, seeded: functions and tables of addresses, of which the new one has some moved, changed, added and lost. */
import { Random } from '../../host/board/random.js';

const FLASH = 0x08000000;
const RAM = 0x24000000;

/** What a linker places: half-words, and references to other functions or variables. */
interface Item {
  readonly name: number;
  readonly halves: number[];
  /** At a half-word: a branch to a function, a flash address or a RAM address. */
  readonly references: { readonly at: number; readonly kind: 'branch' | 'flash' | 'ram'; readonly to: number }[];
}

export interface Update {
  readonly old: Uint8Array;
  readonly new: Uint8Array;
}

export function movedContent(functions: number, seed: number, lengthBytes: number): Update {
  const random = new Random(seed);
  const items = Array.from({ length: functions }, (_, name) => makeItem(name, functions, random));
  const before = link(items, 0, lengthBytes);
  const kept = items.filter(() => random.below(40) !== 0).map((item) => (random.below(20) === 0 ? changed(item, random) : item));
  const added = Array.from({ length: 1 + Math.floor(functions / 40) }, (_, at) => makeItem(functions + at, functions, random));
  for (const item of added) kept.splice(random.below(kept.length), 0, item);
  const moved = kept.splice(random.below(kept.length / 2), 3);
  kept.push(...moved);
  return { old: before, new: link(kept, 4 * random.below(9), lengthBytes) };
}

function makeItem(name: number, functions: number, random: Random): Item {
  const halves = Array.from({ length: 2 * (4 + random.below(40)) }, () => random.below(0xe800));
  const references: Item['references'] = [];
  for (let at = 2 * random.below(3); at + 2 <= halves.length; at += 2 * (1 + random.below(6))) {
    references.push({ at, kind: (['branch', 'branch', 'flash', 'ram'] as const)[random.below(4)]!, to: random.below(functions) });
  }
  return { name, halves, references };
}

function changed(item: Item, random: Random): Item {
  const halves = item.halves.map((half) => (random.below(12) === 0 ? random.below(0xe800) : half));
  return { ...item, halves, references: item.references.filter(() => random.below(10) !== 0) };
}

function link(items: readonly Item[], ramShift: number, lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes).fill(0xff);
  const view = new DataView(bytes.buffer);
  const places = new Map<number, number>();
  let end = 0;
  for (const { name, halves } of items) {
    places.set(name, end);
    end += 2 * halves.length;
  }
  for (const { name, halves, references } of items) {
    const start = places.get(name)!;
    for (const [at, half] of halves.entries()) if (start + 2 * at < lengthBytes) view.setUint16(start + 2 * at, half, true);
    for (const { at, kind, to } of references) {
      const place = start + 2 * at;
      if (place + 4 > lengthBytes) continue;
      const target = places.get(to) ?? 0;
      if (kind === 'branch') putBranch(view, place, target);
      else view.setUint32(place, kind === 'flash' ? FLASH + target + 1 : RAM + 8 * to + ramShift, true);
    }
  }
  return bytes;
}

function putBranch(view: DataView, place: number, target: number): void {
  const offset = (target - place - 4) >> 1;
  view.setUint16(place, 0xf000 | ((offset >> 11) & 0x7ff), true);
  view.setUint16(place + 2, 0xf800 | (offset & 0x7ff), true);
}
