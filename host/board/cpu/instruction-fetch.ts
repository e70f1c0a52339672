/** From a program counter to a function that runs from there: fetch rights, translation, and the slow lane for guarded code. */
import type { MemoryRegion } from './bus.js';
import { BusFault } from './bus.js';
import type { BlockCache } from './block-cache.js';
import { SLOT } from './core-state.js';
import { CFSR, CoreFault, EXCEPTION } from './faults.js';
import type { CoreMemory } from './memory.js';
import { isDevice } from './memory.js';
import type { SystemControl } from './system/system-control.js';
import { translateOnce } from './translate/known-blocks.js';
import type { BlockFunction, BlockRuntime } from './translate/runtime.js';
import { compileBlock } from './translate/runtime.js';
import { translateBlock } from './translate/translate-block.js';

export class InstructionFetch {
  readonly #mem: CoreMemory;
  readonly #cache: BlockCache;
  readonly #control: SystemControl;
  readonly #runtime: BlockRuntime;
  /** Single instructions by address, IT state and code: they stay right whatever happens to memory. */
  readonly #singles = new Map<string, BlockFunction>();

  constructor(mem: CoreMemory, cache: BlockCache, control: SystemControl, runtime: BlockRuntime) {
    this.#mem = mem;
    this.#cache = cache;
    this.#control = control;
    this.#runtime = runtime;
  }

  /** The block at `pc`, kept for the next time. @throws CoreFault where nothing may be executed. */
  block(pc: number): BlockFunction {
    this.#mem.index = 0;
    const region = this.#executableRegion(pc);
    if (!region.readable) return this.single(pc);
    const translated = translateOnce(pc, (address) => this.#fetchPlain(address));
    // The first halfword is there, so it is the second half of a wide instruction that is not.
    if (translated === undefined) return this.single(pc);
    const block = compileBlock(translated.source, this.#runtime);
    this.#cache.add(pc, translated.end, block);
    return block;
  }

  /**
   * One instruction: inside an IT block that an exception return or a page's end has cut, and in memory whose reads the Bus guards
   * (a busy or damaged flash bank), where each fetch is asked anew.
   */
  single(pc: number): BlockFunction {
    this.#mem.index = 0;
    const itState = this.#runtime.r[SLOT.IT]!;
    const halfwords: number[] = [];
    const fetch = (address: number): number => {
      const halfword = this.#fetchCarefully(address);
      halfwords.push(halfword);
      return halfword;
    };
    const translated = translateBlock({ start: pc, itState, maxInstructions: 1, fetch });
    if (translated === undefined) throw new RangeError('translation of one fetched instruction gave none');
    const key = `${pc} ${itState} ${halfwords.join(' ')}`;
    const known = this.#singles.get(key);
    if (known !== undefined) return known;
    const block = compileBlock(translated.source, this.#runtime);
    this.#singles.set(key, block);
    return block;
  }

  #fetchPlain(address: number): number | undefined {
    const region = this.#mem.regionAt(address, 2);
    if (region === undefined || !region.readable || !region.executable) return undefined;
    const at = (address >>> 0) - region.base;
    return region.bytes[at]! | (region.bytes[at + 1]! << 8);
  }

  #fetchCarefully(address: number): number {
    this.#executableRegion(address);
    try {
      return this.#mem.rawRead(address, 2);
    } catch (error) {
      if (!(error instanceof BusFault)) throw error;
      throw this.#fault(CFSR.IBUSERR);
    }
  }

  /** @throws CoreFault: MemManage in execute-never space, BusFault where no memory answers fetches. */
  #executableRegion(address: number): MemoryRegion {
    if (isDevice(address)) throw this.#fault(CFSR.IACCVIOL);
    const region = this.#mem.regionAt(address, 2);
    if (region === undefined || !region.executable) throw this.#fault(CFSR.IBUSERR);
    return region;
  }

  #fault(status: number): CoreFault {
    this.#control.cfsr |= status;
    return new CoreFault(status === CFSR.IACCVIOL ? EXCEPTION.memManage : EXCEPTION.busFault);
  }
}
