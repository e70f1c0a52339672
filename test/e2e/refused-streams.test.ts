/** Streams that no plan of ours makes: the stub refuses them by name and place, and flash that they do not rightly speak of stays as it is. */
import { describe, expect, test } from 'vitest';
import { blobOf, readManifest } from '../../host/blobs/manifest.js';
import { RomSession } from '../../host/bootloader/rom-session.js';
import { diffContent } from '../../host/codec/diff-content.js';
import { packContent } from '../../host/codec/pack-content.js';
import { loadStub } from '../../host/loader/load-stub.js';
import { encodeFields } from '../../host/protocol/fields.js';
import { OPERATIONS } from '../../host/protocol/wire.js';
import { padToUnit } from '../../host/plan/stream.js';
import { runStream } from '../../host/session/run-stream.js';
import { sampleContent } from '../codec/sample-content.js';
import { fillFlash, firstDifference, flashOf, openBoard } from './virtual-board.js';

type Name = keyof typeof OPERATIONS;

function operation(name: Name, values: Readonly<Record<string, number>> = {}, behind: Uint8Array = new Uint8Array(0)): Uint8Array {
  return Uint8Array.of(OPERATIONS[name].id, ...encodeFields(OPERATIONS[name].fields, values as never), ...behind);
}

const manifest = readManifest();
const CODEC = blobOf(manifest, 'codec').bytes;
const codec = operation('codec', { length: CODEC.length }, CODEC);
const SECTOR_1 = 0x0802_0000;
const content = await packContent([{ address: SECTOR_1, bytes: sampleContent(4096, 3) }], { threads: 0 });
const packed = operation('packed', { parameters: content.parameters, directoryBytes: content.directoryBytes, contentBytes: content.contentBytes });
const piece = (bytes: Uint8Array): Uint8Array => operation('piece', { contentBytes: content.contentBytes, packedBytes: bytes.length }, bytes);
const changed = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 0x40 : byte));
/** Elsewhere: what the directory of this content says cannot be moved, so a whole content for elsewhere is packed. */
const packedFor = async (address: number): Promise<Uint8Array[]> => {
  const other = await packContent([{ address, bytes: sampleContent(4096, 3) }], { threads: 0 });
  return [
    operation('packed', { parameters: other.parameters, directoryBytes: other.directoryBytes, contentBytes: other.contentBytes }),
    operation('piece', { contentBytes: other.contentBytes, packedBytes: other.bytes.length }, other.bytes),
  ];
};

/** An update whose old content lies where this board has no flash. */
async function copiesFrom(address: number): Promise<Uint8Array[]> {
  const old = { address, bytes: sampleContent(4096, 3) };
  const update = await diffContent([old], [{ run: { address: SECTOR_1, bytes: old.bytes }, readable: [{ from: address, to: address + 4096 }] }], { historyBytes: 32_768, halfTheShifts: 4096 }, { threads: 0 });
  return [
    operation('packed', { parameters: update.parameters, directoryBytes: update.directoryBytes, contentBytes: update.contentBytes }),
    operation('piece', { contentBytes: update.contentBytes, packedBytes: update.bytes.length }, update.bytes),
  ];
}

/** The stream's end, and whether any flash but sector 1 has changed. */
async function refusal(operations: readonly Uint8Array[]): Promise<{ readonly error: unknown; readonly damage: string | undefined }> {
  const link = await openBoard('');
  const before = fillFlash(link, 5);
  const rom = new RomSession(link, () => undefined);
  await rom.synchronise();
  const session = await loadStub(link, rom, blobOf(manifest, 'loader'), blobOf(manifest, 'stub'));
  const error: unknown = await runStream({ session, stream: padToUnit(operations), ranges: [], digestWorkMs: 1000, onProgress: () => undefined }).then(() => 'nothing', (thrown: unknown) => thrown);
  const after = flashOf(link);
  after.set(before.subarray(0x2_0000, 0x4_0000), 0x2_0000);
  await link.close();
  return { error, damage: firstDifference(after, before) };
}

describe('a stream is refused', () => {
  test.each<[string, () => Promise<Uint8Array[]> | Uint8Array[], RegExp]>([
    ['with an operation that there is not', () => [Uint8Array.of(0x7e)], /stopped at 0x00000000: unknown operation/],
    ['that erases outside flash', () => [operation('erase', { address: 0x0900_0000 })], /stopped at 0x09000000: operation outside flash/],
    ['that erases from the middle of a sector', () => [operation('erase', { address: 0x0800_4000 })], /stopped at 0x08004000: operation outside flash/],
    ['that writes what is not erased', () => [operation('write', { address: SECTOR_1, length: 32 }, new Uint8Array(32))], /stopped at 0x08020000: flash word to be written is neither/],
    ['that writes across the end of a bank', () => [operation('write', { address: 0x080f_ffe0, length: 64 }, new Uint8Array(64))], /stopped at 0x080FFFE0: operation outside/],
    ['that proves what is not there', () => [operation('prove', { address: SECTOR_1, length: 32, digest: 1 })], /0x08020000 does not hold/],
    ['that keeps a sector where there is no place for it', () => [operation('keep', { address: SECTOR_1, to: 0x2400_0000 })], /stopped at 0x24000000: operation outside/],
    ['that restores what is longer than a sector', () => [operation('keep', { address: SECTOR_1, to: 0x2404_0000 }), operation('restore', { address: SECTOR_1, length: 0x2_0020, from: 0x2404_0000 })], /stopped at 0x08020000: operation outside/],
    ['that unpacks without the code for it', () => [packed, piece(content.bytes)], /stopped at 0x00000000: unknown operation/],
    ['whose codec has a wrong bit', () => [operation('codec', { length: CODEC.length }, changed(CODEC, 100)), packed], /stopped at 0x00000000: unknown operation/],
    ['whose codec is longer than its place', () => [operation('codec', { length: 5000 }, new Uint8Array(5000))], /stopped at 0x00000000: unknown operation/],
    ['whose directory is none', () => [codec, operation('erase', { address: SECTOR_1 }), packed, piece(changed(content.bytes, 7))], /what follows PACKED does not unpack|neither erased nor|outside flash/],
    ['that ends before its content does', () => [codec, operation('erase', { address: SECTOR_1 }), packed, piece(content.bytes.subarray(0, 200))], /what follows PACKED does not unpack/],
    ['whose parameters are none', () => [codec, operation('packed', { parameters: 0xffff, directoryBytes: 4, contentBytes: 64 })], /what follows PACKED does not unpack/],
    ['that unpacks to outside flash', async () => [codec, ...(await packedFor(0x0a00_0000))], /stopped at 0x0A000000: operation outside/],
    ['that copies from outside flash', async () => [codec, operation('erase', { address: SECTOR_1 }), ...(await copiesFrom(0x0a00_0000))], /stopped at 0x0A000000: operation outside/],
    ['that unpacks to a sector that is not erased', async () => [codec, ...(await packedFor(0x0806_0000))], /stopped at 0x08060000: flash word to be written is neither/],
  ])('%s; flash that it has not erased stays as it is', async (_, operations, says) => {
    const { error, damage } = await refusal(await operations());
    expect(error).toMatchObject({ message: expect.stringMatching(says) as string });
    expect(damage).toBeUndefined();
  });
});
