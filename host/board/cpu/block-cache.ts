/**
 * Translated blocks by address, and who may have invalidated them.
 *
 * `dispatch` holds, for each 64 KiB page, one entry per halfword: the block that begins there, or null. A page that may not execute has
 * the empty table, so taking rights away is one store. Code, stack and data share pages: which bytes are code is known exactly
 * (`covered`), and `mark` tells translated stores cheaply where they need not ask.
 */
import type { BlockFunction } from './translate/runtime.js';

const PAGE_BYTES = 65536;
const HALFWORDS_PER_PAGE = PAGE_BYTES / 2;
const PAGE_COUNT = 65536;
const GRANULE_BYTES = 256;

type DispatchTable = (BlockFunction | null)[];

interface BlockExtent {
  readonly start: number;
  readonly end: number;
}

interface CodePage {
  readonly table: DispatchTable;
  readonly covered: Uint8Array;
  /** Blocks with at least one byte in this page. */
  blocks: BlockExtent[];
}

const NOTHING: DispatchTable = new Array<BlockFunction | null>(HALFWORDS_PER_PAGE).fill(null);

/** Folds 16 Mi granules onto 64 Ki marks: DTCM, AXI SRAM and flash do not collide; a collision only costs a question. */
function granuleOf(address: number): number {
  return ((address >>> 8) ^ (address >>> 14)) & 0xffff;
}

export class BlockCache {
  readonly dispatch: DispatchTable[] = new Array<DispatchTable>(PAGE_COUNT).fill(NOTHING);
  readonly mark = new Uint8Array(65536);
  readonly #pages = new Map<number, CodePage>();
  readonly #executable = new Uint8Array(PAGE_COUNT);

  setExecutable(page: number, isExecutable: boolean): void {
    this.#executable[page] = isExecutable ? 1 : 0;
    this.dispatch[page] = isExecutable ? (this.#pages.get(page)?.table ?? NOTHING) : NOTHING;
  }

  add(start: number, end: number, block: BlockFunction): void {
    const extent: BlockExtent = { start: start >>> 0, end: end >>> 0 };
    const first = this.#codePage(start >>> 16);
    first.table[(start & 0xffff) >>> 1] = block;
    // Only an instruction that straddles two pages makes a block of both.
    for (let page = start >>> 16; page <= (end - 1) >>> 16; page++) {
      this.#codePage(page).blocks.push(extent);
      this.#cover(page, extent);
    }
  }

  /** Is one of these bytes part of a translated block? */
  holdsCode(address: number, lengthBytes: number): boolean {
    for (let at = address & ~1; at < address + lengthBytes; at += 2) {
      if (this.#pages.get(at >>> 16)?.covered[(at & 0xffff) >>> 1] === 1) return true;
    }
    return false;
  }

  /** Forgets the blocks that contain any of these bytes. @returns whether there were any. */
  invalidate(address: number, lengthBytes: number): boolean {
    const start = address >>> 0;
    const end = start + lengthBytes;
    if (!this.#isMarked(start, end)) return false;
    let removed = false;
    for (let page = start >>> 16; page <= (end - 1) >>> 16; page++) {
      const codePage = this.#pages.get(page);
      if (codePage !== undefined && this.#drop(codePage, start, end)) removed = true;
    }
    if (removed) this.#markAgain();
    return removed;
  }

  #isMarked(start: number, end: number): boolean {
    for (let granule = start & -GRANULE_BYTES; granule >>> 0 < end; granule = (granule >>> 0) + GRANULE_BYTES) {
      if (this.mark[granuleOf(granule)] !== 0) return true;
    }
    return false;
  }

  #drop(codePage: CodePage, start: number, end: number): boolean {
    const isHit = (block: BlockExtent): boolean => block.start < end && start < block.end;
    const hit = codePage.blocks.filter(isHit);
    for (const block of hit) {
      const table = this.#pages.get(block.start >>> 16)?.table;
      if (table !== undefined) table[(block.start & 0xffff) >>> 1] = null;
    }
    if (hit.length > 0) codePage.blocks = codePage.blocks.filter((block) => !isHit(block));
    return hit.length > 0;
  }

  /** Blocks overlap, so what the forgotten ones covered is found out from those that are left. */
  #markAgain(): void {
    this.mark.fill(0);
    for (const codePage of this.#pages.values()) codePage.covered.fill(0);
    for (const [page, codePage] of this.#pages) for (const block of codePage.blocks) this.#cover(page, block);
  }

  #cover(page: number, block: BlockExtent): void {
    const from = Math.max(block.start, page * PAGE_BYTES);
    const to = Math.min(block.end, (page + 1) * PAGE_BYTES);
    this.#codePage(page).covered.fill(1, (from & 0xffff) >>> 1, ((to - 1) & 0xffff) / 2 + 1);
    for (let at = from; at < to; at += 2) this.mark[granuleOf(at)] = 1;
  }

  #codePage(page: number): CodePage {
    const known = this.#pages.get(page);
    if (known !== undefined) return known;
    const table: DispatchTable = new Array<BlockFunction | null>(HALFWORDS_PER_PAGE).fill(null);
    const fresh: CodePage = { table, covered: new Uint8Array(HALFWORDS_PER_PAGE), blocks: [] };
    this.#pages.set(page, fresh);
    if (this.#executable[page] === 1) this.dispatch[page] = table;
    return fresh;
  }
}
