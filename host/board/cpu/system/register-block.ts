/** A group of core registers on the private peripheral bus, accessed by whole words at absolute addresses. */
import type { Tick } from '../../time.js';

export interface RegisterBlock {
  /** Undefined where the block has no register. */
  read(address: number, tick: Tick): number | undefined;
  /** False where the block has no register. Read-only registers take the write and ignore it. */
  write(address: number, value: number, tick: Tick): boolean;
  reset(tick: Tick): void;
}
