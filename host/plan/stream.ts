/** Plan → the stream that makes the stub execute it (PROTOCOL.md §6), and the ranges whose digests prove it. Pure. */
import type { Segment } from '../image/image.js';
import { crc32 } from '../protocol/crc32.js';
import { encodeFields } from '../protocol/fields.js';
import { LIMITS, OPERATIONS } from '../protocol/wire.js';
import { flashWordRuns } from './build-plan.js';
import type { Plan, PlannedSector } from './plan.js';

/** A range of flash and the CRC-32 that it must have. */
export interface ProofRange {
  readonly address: number;
  readonly length: number;
  readonly digest: number;
}

/** Content of runs of flash, packed (PROTOCOL.md §6.1). */
export interface PackedRuns {
  readonly parameters: number;
  readonly directoryBytes: number;
  readonly contentBytes: number;
  readonly bytes: Uint8Array;
}

/** The copy of the vector's sector has the only slot there must be. */
const VECTOR_SLOT = 0;

/**
 * First the vector's sector alone is erased; then all others are put on their banks' lists, so that erasing runs ahead of the data.
 * The vector's flash word waits until everything else is in flash and the stub has proven that: only then may the application start.
 * @param packed the plan's writes; without it they are sent as they are
 */
export function planStream(plan: Plan, packed?: PackedRuns): Uint8Array {
  const [vectorSector, ...otherSectors] = plan.erases;
  const { vectorWord, kept } = plan;
  if (vectorSector === undefined || vectorWord === undefined) return new Uint8Array(0);
  return padToUnit([
    ...(kept ? [keep(vectorSector.base)] : []), erase(vectorSector.base), fence(), ...otherSectors.map((sector) => erase(sector.base)),
    ...(kept ? flashWordRuns(kept, plan.part.flashWordBytes, vectorWord.address).map(restore) : []),
    ...(packed ? [pack(packed)] : plan.writes.map((run) => write(run.address, run.bytes))),
    ...rangesBeforeVector(plan, vectorWord).map(prove), kept ? restore(vectorWord) : write(vectorWord.address, vectorWord.bytes),
  ]);
}

export function erase(address: number): Uint8Array {
  return Uint8Array.of(OPERATIONS.erase.id, ...encodeFields(OPERATIONS.erase.fields, { address }));
}

export function fence(): Uint8Array {
  return Uint8Array.of(OPERATIONS.fence.id);
}

function write(address: number, bytes: Uint8Array): Uint8Array {
  return withBytes(OPERATIONS.write.id, encodeFields(OPERATIONS.write.fields, { address, length: bytes.length }), bytes);
}

function pack({ parameters, directoryBytes, contentBytes, bytes }: PackedRuns): Uint8Array {
  return withBytes(OPERATIONS.packed.id, encodeFields(OPERATIONS.packed.fields, { parameters, directoryBytes, contentBytes, packedBytes: bytes.length }), bytes);
}

function keep(address: number): Uint8Array {
  return Uint8Array.of(OPERATIONS.keep.id, ...encodeFields(OPERATIONS.keep.fields, { address, slot: VECTOR_SLOT }));
}

function restore({ address, bytes }: Segment): Uint8Array {
  return Uint8Array.of(OPERATIONS.restore.id, ...encodeFields(OPERATIONS.restore.fields, { address, length: bytes.length, slot: VECTOR_SLOT }));
}

function prove(range: ProofRange): Uint8Array {
  return Uint8Array.of(OPERATIONS.prove.id, ...encodeFields(OPERATIONS.prove.fields, range));
}

function withBytes(id: number, head: Uint8Array, bytes: Uint8Array): Uint8Array {
  const operation = new Uint8Array(1 + head.length + bytes.length);
  operation[0] = id;
  operation.set(head, 1);
  operation.set(bytes, 1 + head.length);
  return operation;
}

/** What must be in flash before the vector's flash word: every touched sector, that word itself still erased. */
function rangesBeforeVector(plan: Plan, vectorWord: Segment): readonly ProofRange[] {
  return plan.sectors.map(({ sector, content, digest }) => {
    const range = { address: sector.base, length: sector.lengthBytes, digest };
    const offset = vectorWord.address - sector.base;
    if (offset < 0 || offset >= sector.lengthBytes) return range;
    const without = content.slice();
    without.fill(0xff, offset, offset + vectorWord.bytes.length);
    return { ...range, digest: crc32(without) };
  });
}

/** Back to back, filled up with NOPs. */
export function padToUnit(operations: readonly Uint8Array[]): Uint8Array {
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
