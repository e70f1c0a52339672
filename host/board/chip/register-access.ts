/**
 * Registers are 32 bits wide, accesses need not be: the bytes of a register that a narrow access touches. And fields: position and
 * width, as the reference manuals draw them.
 */
import type { AccessSize } from '../cpu/bus.js';

/** A bit field of a register. */
export interface Field {
  readonly position: number;
  readonly width: number;
}

export function fieldOf(register: number, field: Field): number {
  return (register >>> field.position) & lowMask(field.width);
}

export function withField(register: number, field: Field, value: number): number {
  const mask = maskOf(field);
  return ((register & ~mask) | ((value << field.position) & mask)) >>> 0;
}

export function maskOf(field: Field): number {
  return (lowMask(field.width) << field.position) >>> 0;
}

/** What a load of `size` bytes at `offset` sees of the register that holds it. */
export function narrowRead(register: number, offset: number, size: AccessSize): number {
  return (register >>> ((offset & 3) * 8)) & lowMask(size * 8);
}

/** The register after a store of `size` bytes at `offset`. */
export function narrowWrite(register: number, offset: number, size: AccessSize, value: number): number {
  return withField(register, { position: (offset & 3) * 8, width: size * 8 }, value);
}

function lowMask(width: number): number {
  return width === 32 ? 0xffffffff : 2 ** width - 1;
}
