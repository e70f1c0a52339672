/** Plan → the stream that makes the stub execute it (PROTOCOL.md §6), and the ranges whose digests prove it. Pure. */
import { encodeFields } from '../protocol/fields.js';
import { LIMITS, OPERATIONS } from '../protocol/wire.js';
import type { Plan, PlannedSector } from './plan.js';

/** A range of flash and the CRC-32 that it must have. */
export interface ProofRange {
  readonly address: number;
  readonly length: number;
  readonly digest: number;
}

/**
 * First the vector's sector alone is erased; then all others are put on their banks' lists, so that erasing runs ahead of the data;
 * the vector's flash word waits until everything else is in flash.
 */
export function planStream(plan: Plan): Uint8Array {
  const [vectorSector, ...otherSectors] = plan.erases;
  const vectorWord = plan.writes.at(-1);
  if (vectorSector === undefined || vectorWord === undefined) return new Uint8Array(0);
  return padToUnit([
    erase(vectorSector.base), fence(), ...otherSectors.map((sector) => erase(sector.base)),
    ...plan.writes.slice(0, -1).map((run) => write(run.address, run.bytes)),
    fence(), write(vectorWord.address, vectorWord.bytes),
  ]);
}

function erase(address: number): Uint8Array {
  return Uint8Array.of(OPERATIONS.erase.id, ...encodeFields(OPERATIONS.erase.fields, { address }));
}

function fence(): Uint8Array {
  return Uint8Array.of(OPERATIONS.fence.id);
}

function write(address: number, bytes: Uint8Array): Uint8Array {
  const head = encodeFields(OPERATIONS.write.fields, { address, length: bytes.length });
  const operation = new Uint8Array(1 + head.length + bytes.length);
  operation[0] = OPERATIONS.write.id;
  operation.set(head, 1);
  operation.set(bytes, 1 + head.length);
  return operation;
}

/** Back to back, filled up with NOPs. */
function padToUnit(operations: readonly Uint8Array[]): Uint8Array {
  const length = operations.reduce((sum, operation) => sum + operation.length, 0);
  const stream = new Uint8Array(Math.ceil(length / LIMITS.unitBytes.value) * LIMITS.unitBytes.value).fill(OPERATIONS.nop.id);
  let at = 0;
  for (const operation of operations) {
    stream.set(operation, at);
    at += operation.length;
  }
  return stream;
}

/** Every touched sector, whole: what was written, what was found right, and the rest of them. */
export function proofRanges(plan: Plan): readonly ProofRange[] {
  return plan.sectors.map(({ sector, digest }: PlannedSector) => ({ address: sector.base, length: sector.lengthBytes, digest }));
}
