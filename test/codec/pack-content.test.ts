import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { packContent } from '../../host/codec/pack-content.js';
import { sampleContent, scatterRuns } from './sample-content.js';

const alone = { threads: 0 } as const;
const FLASH = 0x08000000;
const firmware = fileURLToPath(new URL('../../../shared/firmware/', import.meta.url));
const hasFirmware = existsSync(firmware);
// What is large is packed by the compiled code, in threads: the sources as vitest transforms them take three times as long.
const compiled = new URL('../../dist/codec/pack-content.js', import.meta.url);
const built = existsSync(compiled) ? ((await import(compiled.href)) as { packContent: typeof packContent }) : undefined;
const unlessBuilt = built === undefined ? ' (skipped: not built)' : '';

/** A raw binary, filled up to whole flash words. */
function readFirmware(name: string): Uint8Array {
  const file = readFileSync(firmware + name);
  const bytes = new Uint8Array(Math.ceil(file.length / 32) * 32).fill(0xff);
  bytes.set(file);
  return bytes;
}

describe('packing', () => {
  test('the same content gives the same bytes', async () => {
    const runs = scatterRuns(sampleContent(40_000, 1), 3, 1);
    expect(await packContent(runs, alone)).toEqual(await packContent(runs, alone));
  });

  test('noise grows by less than one part in fifty', async () => {
    const bytes = new Random(2).fill(new Uint8Array(32_768));
    const packed = await packContent([{ address: FLASH, bytes }], alone);
    expect(packed.bytes.length).toBeLessThan(bytes.length * 1.02);
  });

  test('a single flash word is packed', async () => {
    const packed = await packContent([{ address: FLASH, bytes: new Uint8Array(32) }], alone);
    expect(packed).toMatchObject({ directoryBytes: 16, contentBytes: 32 });
  });

  test('a table of records shrinks to a fraction by differences', async () => {
    const random = new Random(3);
    const bytes = new Uint8Array(60_000);
    for (let at = 0; at < bytes.length; at++) bytes[at] = (at < 3 ? 0 : bytes[at - 3]!) + random.below(4);
    const packed = await packContent([{ address: FLASH, bytes }], alone);
    expect(packed.bytes.length).toBeLessThan(0.3 * bytes.length);
  });

  test('progress rises to 1', async () => {
    const shares: number[] = [];
    await packContent([{ address: FLASH, bytes: sampleContent(4096, 4) }], { ...alone, onProgress: (share) => shares.push(share) });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  test.skipIf(built === undefined)(`threads end when they are told to, whatever they work on${unlessBuilt}`, async () => {
    const runs = scatterRuns(sampleContent(400 * 1024, 6), 4, 6);
    for (const share of [0, 0.5]) {
      const stopping = new AbortController();
      const packed = built!.packContent(runs, { threads: 2, signal: stopping.signal, onProgress: (done) => done === share && stopping.abort() });
      if (share === 0) stopping.abort();
      await expect(packed).rejects.toThrow(/packing thread/);
    }
  });

  test.skipIf(built === undefined)(`threads give the same bytes${unlessBuilt}`, async () => {
    const runs = scatterRuns(sampleContent(80 * 1024, 5), 4, 5);
    expect(await built!.packContent(runs, { threads: 2 })).toEqual(await built!.packContent(runs, alone));
  });
});

// The column "+ block delta filter" of ../shared/firmware/README.md; 3 % more is what issue 4 allows, everything included.
describe.skipIf(!hasFirmware || built === undefined)(`real firmware${hasFirmware ? unlessBuilt : ' (skipped: no ../shared/firmware)'}`, () => {
  test.each([
    ['openmv4_20190927.bin', FLASH, 571_700],
    ['openmv4_uvc_20190927.bin', 0x08040000, 57_073],
    ['portenta_bootloader_v24.bin', FLASH, 70_189],
    ['daisy_bootloader_6.4.bin', FLASH, 62_760],
  ])('%s comes to no more than the best that was measured', async (name, address, measured) => {
    const packed = await built!.packContent([{ address, bytes: readFirmware(name) }]);
    expect(packed.bytes.length).toBeLessThanOrEqual(measured * 1.005);
  });
});
