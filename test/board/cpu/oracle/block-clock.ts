/**
 * The time of a core that only tells which block of instructions it enters, and which of a few instructions it reaches. Instructions are
 * counted in the code, so that those which an IT block skips count, too: unicorn's hooks pass them over.
 */
import type { MemoryRegion } from '../../../../host/board/cpu/bus.js';
import type { Tick } from '../../../../host/board/time.js';

interface Block {
  readonly address: number;
  readonly lengthBytes: number;
  readonly instructionCount: number;
}

export class BlockClock {
  readonly #regions: readonly MemoryRegion[];
  /** By address. Code that replaces other code at the same address gives wrong times, and the comparison fails. */
  readonly #blocks = new Map<number, Block>();
  #block: Block | undefined;
  /** When the block began; what it waited since then is added. */
  #blockTick: Tick = 0;
  /** Instructions of the block before the one that was reached. */
  #index = 0;

  constructor(regions: readonly MemoryRegion[]) {
    this.#regions = regions;
  }

  get tick(): Tick {
    return this.#blockTick + this.#index;
  }

  /** The core stands between two instructions. */
  set(tick: Tick): void {
    this.#blockTick = tick;
    this.#index = 0;
    this.#block = undefined;
  }

  stall(ticks: number): void {
    this.#blockTick += ticks;
  }

  /** The block before was executed to its end. */
  enterBlock(address: number, lengthBytes: number): void {
    if (this.#block !== undefined) this.#blockTick += this.#block.instructionCount;
    this.#index = 0;
    let block = this.#blocks.get(address);
    if (block?.lengthBytes !== lengthBytes) {
      block = { address, lengthBytes, instructionCount: this.#countInstructions(address, address + lengthBytes) };
      this.#blocks.set(address, block);
    }
    this.#block = block;
  }

  /** An instruction of the block is about to be executed. */
  reach(pc: number): void {
    if (this.#block === undefined) throw new Error(`instruction at 0x${pc.toString(16)} outside of any block`);
    this.#index = this.#countInstructions(this.#block.address, pc);
  }

  /** A first halfword from 0xE800 on is followed by a second one (ARMv7-M ARM §A5.1). */
  #countInstructions(first: number, end: number): number {
    if (first === end) return 0;
    const region = this.#regions.find(({ base, bytes }) => first >= base && end <= base + bytes.length);
    if (region === undefined) throw new Error(`no code at 0x${first.toString(16)}`);
    let count = 0;
    for (let at = first - region.base; at < end - region.base; at += region.bytes[at + 1]! >= 0xe8 ? 4 : 2) count++;
    return count;
  }
}
