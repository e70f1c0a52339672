/** Plan → the stream that makes the stub execute it (PROTOCOL.md §6), and the ranges whose digests prove it. Pure. */
import type { Segment } from '../image/image.js';
import { crc32 } from '../protocol/crc32.js';
import { encodeFields } from '../protocol/fields.js';
import { LIMITS, OPERATIONS } from '../protocol/wire.js';
import { flashWordRuns } from './build-plan.js';
import { copyPlaces } from './copy-places.js';
import type { Sector } from '../device/memory-map.js';
import { incompleteSectors, lastWords, programmedBytes, type KnownSector, type Plan } from './plan.js';
import type { UpdateStep } from './update-schedule.js';

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
  /** Per run: how many of `bytes` it takes to unpack it and all before it. */
  readonly takenAfterRun: readonly number[];
}

/** What is packed, and the code that unpacks it: the stub's own lacks it. */
export interface Packing {
  readonly content: PackedRuns;
  readonly codec: Uint8Array;
}

/**
 * First the vector's sector alone is erased; then all others are put on their banks' lists, so that erasing runs ahead of the data.
 * The vector's flash word waits until everything else is in flash and the stub has proven that: only then may the application start.
 * @param packed the plan's writes; without it they are sent as they are
 * @param orphanMs what END says; 0: no END
 */
export function planStream(plan: Plan, packed?: Packing, orphanMs = 0): Uint8Array {
  if (plan.erases.length === 0) return new Uint8Array(0);
  const content = packed ? [...begin(packed), piece(packed.content.contentBytes, packed.content.bytes)] : plan.writes.map((run) => write(run.address, run.bytes));
  const rest = [...content, ...proofAndVector(plan, orphanMs)];
  const beginning = streamBeginning(plan);
  return beginning ? joined([beginning, padToUnit(rest)]) : padToUnit([...eraseAll(plan), ...rest]);
}

/** Packing less takes no time in which the flash could erase much. */
const WORTH_BEGINNING_BYTES = 256 * 1024;

/**
 * What planStream begins with, in units of its own, whether the content then comes packed or not: it can be sent while that is not known yet. Undefined where
 * that is not worth a unit.
 */
export function streamBeginning(plan: Plan): Uint8Array | undefined {
  return programmedBytes(plan) < WORTH_BEGINNING_BYTES ? undefined : padToUnit(eraseAll(plan));
}

/** The vector's sector by itself, and all others. */
function eraseAll(plan: Plan): Uint8Array[] {
  const [vectorSector, ...others] = plan.erases;
  return [
    ...(plan.kept ? eraseAndRestore(plan, plan.kept) : [erase(vectorSector!.base), fence()]),
    ...others.flatMap((sector) => [erase(sector.base), ...(isSecond(plan, sector) ? [fence()] : [])]),
  ];
}

/**
 * The same for an update in place: each sector is copied to RAM before it is erased, and unpacked from the copies and what is still in flash.
 * The first copy goes to the last place, before anything is erased: where the part has less RAM than it seems to have, the stub fails there.
 * @param runs what `packed` has packed, in the order of `steps`; a step whose sector is erased only has none
 */
export function updateStream(plan: Plan, steps: readonly UpdateStep[], runs: readonly Segment[], packed: Packing, orphanMs = 0): Uint8Array {
  const { bytes: packedBytes, takenAfterRun } = packed.content;
  const places = copyPlaces(plan.part);
  const pieces = steps.flatMap(({ sector, keeps }, step) => {
    const at = runs.findIndex(({ address }) => address >= sector.base && address < sector.base + sector.lengthBytes);
    const bytes = at < 0 ? undefined : packedBytes.subarray(takenAfterRun[at - 1] ?? 0, takenAfterRun[at]);
    return [
      ...keeps.flatMap((kept) => [
        keep(kept.sector.base, places[kept.slot]!), erase(kept.sector.base), ...(kept.sector === plan.erases[0] || isSecond(plan, kept.sector) ? [fence()] : []),
      ]),
      // While the first sector is erased, the codec comes.
      ...(step === 0 ? begin(packed) : []),
      ...(bytes ? [piece(runs[at]!.bytes.length, bytes)] : []),
    ];
  });
  return padToUnit([
    keep(plan.erases[0]!.base, places.at(-1)!), ...(plan.kept ? eraseAndRestore(plan, plan.kept) : []), ...pieces, ...proofAndVector(plan, orphanMs),
  ]);
}

/** The vector's sector, but for its first flash word. */
function eraseAndRestore({ part, vectorWord }: Plan, { sector, ...kept }: KnownSector): Uint8Array[] {
  const [place] = copyPlaces(part);
  const runs = flashWordRuns({ sector, ...kept }, part.flashWordBytes, [vectorWord!.address]);
  return [keep(sector.base, place!), erase(sector.base), fence(), ...runs.map((run) => restore(run, place!))];
}

/** The vector's flash word comes only over flash that is proven; the flash may be started only when that word is proven, too. */
function proofAndVector(plan: Plan, orphanMs: number): Uint8Array[] {
  const words = lastWords(plan);
  const proofs = words.map(({ address, bytes }) => prove({ address, length: bytes.length, digest: crc32(bytes) }));
  const end = orphanMs === 0 ? [] : [...proofs, Uint8Array.of(OPERATIONS.end.id, ...encodeFields(OPERATIONS.end.fields, { patienceMs: orphanMs }))];
  return [...rangesBefore(plan).map(prove), ...words.map(({ address, bytes }) => write(address, bytes)), ...end];
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

function begin({ content: { parameters, directoryBytes, contentBytes }, codec }: Packing): Uint8Array[] {
  return [
    withBytes(OPERATIONS.codec.id, encodeFields(OPERATIONS.codec.fields, { length: codec.length }), codec),
    Uint8Array.of(OPERATIONS.packed.id, ...encodeFields(OPERATIONS.packed.fields, { parameters, directoryBytes, contentBytes })),
  ];
}

function piece(contentBytes: number, bytes: Uint8Array): Uint8Array {
  return withBytes(OPERATIONS.piece.id, encodeFields(OPERATIONS.piece.fields, { contentBytes, packedBytes: bytes.length }), bytes);
}

function keep(address: number, to: number): Uint8Array {
  return Uint8Array.of(OPERATIONS.keep.id, ...encodeFields(OPERATIONS.keep.fields, { address, to }));
}

function restore({ address, bytes }: Segment, from: number): Uint8Array {
  return Uint8Array.of(OPERATIONS.restore.id, ...encodeFields(OPERATIONS.restore.fields, { address, length: bytes.length, from }));
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

/** The sector in which the second core starts: erased before anything else of what it starts changes. */
function isSecond({ secondWord }: Plan, { base, lengthBytes }: Sector): boolean {
  return secondWord !== undefined && secondWord.address >= base && secondWord.address < base + lengthBytes;
}

/** What must be in flash before the last words: every touched sector, those words themselves still erased. */
function rangesBefore(plan: Plan): readonly ProofRange[] {
  const incomplete = incompleteSectors(plan);
  return proofRanges(plan).map((range) => {
    const without = incomplete.find(({ sector }) => sector.base === range.address);
    return without === undefined ? range : { ...range, digest: crc32(without.content) };
  });
}

/** Back to back, filled up with NOPs. */
export function padToUnit(operations: readonly Uint8Array[]): Uint8Array {
  const length = operations.reduce((sum, operation) => sum + operation.length, 0);
  return joined(operations, Math.ceil(length / LIMITS.unitBytes.value) * LIMITS.unitBytes.value);
}

/** Back to back; what is behind them is NOP. */
function joined(parts: readonly Uint8Array[], lengthBytes = parts.reduce((sum, part) => sum + part.length, 0)): Uint8Array {
  const stream = new Uint8Array(lengthBytes).fill(OPERATIONS.nop.id);
  let at = 0;
  for (const part of parts) {
    stream.set(part, at);
    at += part.length;
  }
  return stream;
}

/** Every touched sector, whole: what was written, what was found right, and the rest of them. */
export function proofRanges(plan: Plan): readonly ProofRange[] {
  return plan.sectors.map(({ sector, digest }) => ({ address: sector.base, length: sector.lengthBytes, digest }));
}

/**
 * The same as few ranges: sectors that follow each other in a bank are one. A short question, with a short answer. A sector of unknown content stands alone: its
 * digest is the board's, and says perhaps that a word of it cannot be read.
 */
export function proofRuns(plan: Plan): readonly ProofRange[] {
  const runs: ProofRange[] = [];
  for (const [at, { sector, digest, content }] of plan.sectors.entries()) {
    const last = runs.at(-1);
    const isNext = last !== undefined && last.address + last.length === sector.base && sector.indexInBank !== 0;
    if (isNext && content !== undefined && plan.sectors[at - 1]!.content !== undefined) {
      runs[runs.length - 1] = { ...last, length: last.length + sector.lengthBytes, digest: crc32(content, last.digest) };
    } else {
      runs.push({ address: sector.base, length: sector.lengthBytes, digest });
    }
  }
  return runs;
}
