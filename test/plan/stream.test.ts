/** The stream, executed by an interpreter of its own over a model of flash: the result must be the plan, and its order safe. */
import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { H7Part } from '../../host/device/h7-part.js';
import type { Image } from '../../host/image/image.js';
import { buildPlan } from '../../host/plan/build-plan.js';
import { planStream, proofRanges, proofRuns } from '../../host/plan/stream.js';
import { image, part, run } from './images.js';

const H743 = part('STM32H743xI');
const H743G = part('STM32H743xG');
const H7A3 = part('STM32H7A3xI');
const FIRST = 0x0800_0000;

interface Step {
  readonly operation: 'erase' | 'fence' | 'write' | 'prove' | 'keep' | 'restore';
  readonly address: number;
  readonly length: number;
}

/** Flash as the manual describes it: a flash word is written once per erase. Every other byte is 0 at first: somebody else's. */
class FlashModel {
  readonly bytes = new Uint8Array(0x20_0000);
  readonly #written = new Set<number>();
  readonly #part: H7Part;

  constructor(of: H7Part) {
    this.#part = of;
    for (let word = FIRST; word < FIRST + this.bytes.length; word += of.flashWordBytes) this.#written.add(word);
  }

  erase(address: number): void {
    expect(address % this.#part.sectorBytes).toBe(0);
    this.bytes.fill(0xff, address - FIRST, address - FIRST + this.#part.sectorBytes);
    for (let word = address; word < address + this.#part.sectorBytes; word += this.#part.flashWordBytes) this.#written.delete(word);
  }

  write(address: number, bytes: Uint8Array): void {
    expect([address % this.#part.flashWordBytes, bytes.length % this.#part.flashWordBytes]).toEqual([0, 0]);
    for (let word = address; word < address + bytes.length; word += this.#part.flashWordBytes) {
      expect(this.#written.has(word)).toBe(false);
      this.#written.add(word);
    }
    this.bytes.set(bytes, address - FIRST);
  }

  digest(address: number, length: number): number {
    return zlibCrc32(this.bytes.subarray(address - FIRST, address - FIRST + length));
  }
}

/** Runs a stream as PROTOCOL.md §6 reads, erases at the latest moment that the document allows. */
function execute(stream: Uint8Array, flash: FlashModel): Step[] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  const steps: Step[] = [];
  const due = new Set<number>();
  const copies = new Map<number, Uint8Array>();
  const eraseAll = (): void => { for (const address of due) { flash.erase(address); due.delete(address); } };
  for (let at = 0; at < stream.length; ) {
    const code = stream[at++]!;
    const word = (): number => { at += 4; return view.getUint32(at - 4, true); };
    if (code === 1) {
      const address = word();
      due.add(address);
      steps.push({ operation: 'erase', address, length: 0 });
    } else if (code === 2) {
      eraseAll();
      steps.push({ operation: 'fence', address: 0, length: 0 });
    } else if (code === 3) {
      const [address, length] = [word(), word()];
      const sector = [...due].find((base) => address >= base && address < base + 0x20000);
      if (sector !== undefined) { flash.erase(sector); due.delete(sector); }
      flash.write(address, stream.subarray(at, at + length));
      at += length;
      steps.push({ operation: 'write', address, length });
    } else if (code === 4) {
      eraseAll();
      const [address, length, digest] = [word(), word(), word()];
      expect(flash.digest(address, length)).toBe(digest);
      steps.push({ operation: 'prove', address, length });
    } else if (code === 7) {
      const [address, to] = [word(), word()];
      copies.set(to, flash.bytes.slice(address - FIRST, address - FIRST + 0x20000));
      steps.push({ operation: 'keep', address, length: 0 });
    } else if (code === 8) {
      const [address, length, from] = [word(), word(), word()];
      flash.write(address, copies.get(from)!.subarray(address % 0x20000, (address % 0x20000) + length));
      steps.push({ operation: 'restore', address, length });
    } else {
      expect(code).toBe(0);
    }
  }
  return steps;
}

/** Digests of a board that has every sector right but those with these numbers. */
function digests(of: H7Part, wanted: Image, ...wrong: readonly number[]): readonly number[] {
  const all = buildPlan(wanted, of, { sectorDigests: undefined }).sectors;
  return Array.from({ length: (of.flashSizeKiB * 1024) / of.sectorBytes }, (_, number) => {
    const right = all.find(({ sector }) => sector.number === number)?.digest ?? 0;
    return wrong.includes(number) ? right ^ 1 : right;
  });
}

describe.each([
  ['a short image', H743, image(run(FIRST, 100))],
  ['a whole sector', H743, image(run(FIRST, 0x20000))],
  ['one byte into the second sector', H743, image(run(FIRST, 0x20001))],
  ['two segments in one flash word', H743, image(run(FIRST, 10), run(FIRST + 20, 5))],
  ['both banks', H743, image(run(FIRST, 0x50000), run(FIRST + 0x10_0000, 0x30000))],
  ['both banks around the hole of a 1 MB part', H743G, image(run(FIRST + 0x7_ff00, 0x100), run(FIRST + 0x10_0000, 77))],
  ['bank 2 first', H743, image(run(FIRST + 0x10_0000, 1000))],
  ['an image that does not begin with a flash word', H743, image(run(FIRST + 0x2_0004, 1000))],
  ['16-byte flash words', H7A3, image(run(FIRST, 0x5005), run(FIRST + 0x10_2000, 33))],
] as const)('%s', (_, on, wanted) => {
  const plan = buildPlan(wanted, on, { sectorDigests: undefined });
  const stream = planStream(plan);
  const flash = new FlashModel(on);
  const steps = execute(stream, flash);
  const vectorSector = Math.floor(plan.vectorWord!.address / on.sectorBytes) * on.sectorBytes;

  test('ends with the image in flash, 0xFF beside it in its sectors, and all other bytes as they were', () => {
    const expected = new Uint8Array(0x20_0000);
    for (const { address, bytes } of wanted.segments) {
      for (let sector = Math.floor(address / on.sectorBytes) * on.sectorBytes; sector < address + bytes.length; sector += on.sectorBytes) {
        expected.fill(0xff, sector - FIRST, sector - FIRST + on.sectorBytes);
      }
    }
    for (const { address, bytes } of wanted.segments) expected.set(bytes, address - FIRST);
    expect(Buffer.compare(flash.bytes, expected)).toBe(0);
  });

  test('erases the vector’s sector alone before anything else is touched', () => {
    expect(steps.slice(0, 2)).toEqual([{ operation: 'erase', address: vectorSector, length: 0 }, { operation: 'fence', address: 0, length: 0 }]);
  });

  test('writes the vector’s flash word last, when every sector is proven', () => {
    expect(steps.at(-1)).toEqual({ operation: 'write', address: plan.vectorWord!.address, length: on.flashWordBytes });
    const proofs = steps.slice(0, -1).slice(-plan.sectors.length);
    expect(proofs.map(({ operation, address, length }) => [operation, address, length])).toEqual(
      plan.sectors.map(({ sector }) => ['prove', sector.base, sector.lengthBytes]),
    );
  });

  test('is padded to whole units, by less than one', () => {
    expect(stream.length % 128).toBe(0);
    const used = steps.reduce((sum, { operation, length }) => sum + { erase: 5, fence: 1, write: 9 + length, prove: 13, keep: 9, restore: 13 }[operation], 0);
    expect(stream.length - used).toBeGreaterThanOrEqual(0);
    expect(stream.length - used).toBeLessThan(128);
  });

  test('is proven by the digests of all touched sectors', () => {
    const ranges = proofRanges(plan);
    expect(ranges.map(({ address, length }) => flash.digest(address, length))).toEqual(ranges.map(({ digest }) => digest));
    expect(ranges.map(({ address }) => address)).toEqual(plan.sectors.map(({ sector }) => sector.base));
  });

  test('and asks for one digest where sectors follow each other in a bank', () => {
    const runs = proofRuns(plan);
    expect(runs.map(({ address, length }) => flash.digest(address, length))).toEqual(runs.map(({ digest }) => digest));
    expect(runs.reduce((sum, { length }) => sum + length, 0)).toBe(plan.sectors.length * on.sectorBytes);
    const gaps = plan.sectors.filter(({ sector }, at) => at === 0 || sector.indexInBank === 0 || sector.number !== plan.sectors[at - 1]!.sector.number + 1);
    expect(runs.map(({ address }) => address)).toEqual(gaps.map(({ sector }) => sector.base));
  });
});

describe('where the board has most of it already', () => {
  const wanted = image(run(FIRST, 0x60000));

  test('only what differs is written, between the vector’s erase and its last word', () => {
    const flash = new FlashModel(H743);
    execute(planStream(buildPlan(wanted, H743, { sectorDigests: undefined })), flash);
    const before = flash.bytes.slice();
    flash.bytes[0x4_1234]! ^= 0x10;
    const steps = execute(planStream(buildPlan(wanted, H743, { sectorDigests: digests(H743, wanted, 2) })), flash);
    expect(steps.filter(({ operation }) => operation === 'erase').map(({ address }) => address)).toEqual([FIRST, FIRST + 0x40000]);
    expect(Buffer.compare(flash.bytes, before)).toBe(0);
  });

  test('a stub that can keep the vector’s sector programs it from RAM: nothing of it is sent', () => {
    const flash = new FlashModel(H743);
    execute(planStream(buildPlan(wanted, H743, { sectorDigests: undefined })), flash);
    const before = flash.bytes.slice();
    flash.bytes[0x4_1234]! ^= 0x10;
    const stream = planStream(buildPlan(wanted, H743, { sectorDigests: digests(H743, wanted, 2) }));
    const steps = execute(stream, flash);
    expect(steps.slice(0, 3).map(({ operation, address }) => [operation, address])).toEqual([['keep', FIRST], ['erase', FIRST], ['fence', 0]]);
    expect(steps.at(-1)).toEqual({ operation: 'write', address: FIRST, length: 32 });
    expect(stream.length).toBeLessThan(0x20000 + 300);
    expect(Buffer.compare(flash.bytes, before)).toBe(0);
  });

  test('there is no stream when nothing differs, but the proof of all', () => {
    const plan = buildPlan(wanted, H743, { sectorDigests: digests(H743, wanted) });
    expect(planStream(plan)).toHaveLength(0);
    expect(proofRanges(plan)).toHaveLength(3);
  });

  test('a sector of which only the board knows the content is proven on its own', () => {
    const plan = buildPlan(wanted, H743, { sectorDigests: digests(H743, wanted) });
    expect(proofRuns(plan)).toHaveLength(1);
    const sectors = plan.sectors.map((planned, at) => (at === 1 ? { ...planned, content: undefined } : planned));
    expect(proofRuns({ ...plan, sectors })).toEqual(proofRanges(plan));
  });
});
