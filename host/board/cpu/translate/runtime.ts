/** What translated code calls and reaches by name. The names of RUNTIME_NAMES are the free variables of every generated function. */
import type { COMPUTE } from '../compute.js';
import type { CoreMemory } from '../memory.js';

export interface BlockRuntime {
  /** Core registers, see core-state.ts. */
  readonly r: Int32Array;
  readonly compute: typeof COMPUTE;
  /** Guarded accesses; `load…` and `store…` at full speed go through the page tables below. */
  readonly mem: CoreMemory;
  readonly core: CoreServices;
  /** Page tables, 64 KiB each: readable and writable plain memory by access size; null sends the access to `mem`. */
  readonly r8: readonly (Uint8Array | null)[];
  readonly r16: readonly (Uint16Array | null)[];
  readonly r32: readonly (Int32Array | null)[];
  readonly w8: readonly (Uint8Array | null)[];
  readonly w16: readonly (Uint16Array | null)[];
  readonly w32: readonly (Int32Array | null)[];
  /** Non-zero where a store might hit translated code, see block-cache.ts. */
  readonly mark: Uint8Array;
}

/** Instructions with effects beyond registers and memory. `index`: instructions before this one in the block; `pc`: its address. */
export interface CoreServices {
  /** BX-style write to PC that is no plain Thumb target: exception return or a lost Thumb bit. */
  interwork(target: number, index: number, pc: number): void;
  divideByZero(index: number, pc: number): void;
  undefinedInstruction(index: number, pc: number): never;
  noCoprocessor(index: number, pc: number): never;
  unpredictable(index: number, pc: number, opcode: number): never;
  supervisorCall(index: number, pc: number, next: number): void;
  breakpoint(index: number, pc: number): void;
  waitForInterrupt(pc: number): void;
  readSpecial(sysm: number): number;
  writeSpecial(sysm: number, mask: number, value: number): void;
  changeState(primask: boolean, faultmask: boolean, disable: boolean): void;
}

/** Runs from the block's start and returns the number of instructions executed; a loop onto itself ends at `limit` or on attention. */
export type BlockFunction = (limit: number) => number;

const RUNTIME_NAMES = ['r', 'compute', 'mem', 'core', 'r8', 'r16', 'r32', 'w8', 'w16', 'w32', 'mark'] as const satisfies readonly (keyof BlockRuntime)[];

export function compileBlock(source: string, runtime: BlockRuntime): BlockFunction {
  // Closure variables, not parameters: V8 folds them into constants, and `r[3]` becomes one load from a fixed address.
  const factory = new Function(...RUNTIME_NAMES, `"use strict";return function(limit){${source}}`) as (...values: unknown[]) => BlockFunction;
  return factory(...RUNTIME_NAMES.map((name) => runtime[name]));
}
