import { describe, expect, test } from 'vitest';
import type { PackOptions } from '../../host/codec/pack-content.js';
import { packerAhead } from '../../host/codec/packer-ahead.js';
import type { Packer } from '../../host/codec/packer.js';
import type { PackedContent } from '../../host/codec/packed-content.js';
import type { Segment } from '../../host/image/image.js';

const runs = (fill: number): Segment[] => [{ address: 0x0800_0000, bytes: new Uint8Array(64).fill(fill) }];
const content = (id: number): PackedContent => ({ parameters: id, directoryBytes: 16, contentBytes: 64, bytes: new Uint8Array(0), takenAfterRun: [0] });

interface Asked {
  readonly options: PackOptions;
  readonly finish: () => void;
}

/** Finishes when told, and gives up when its signal says so. */
function slowPacker(): { packer: Packer; asked: Asked[] } {
  const asked: Asked[] = [];
  const pack = (options: PackOptions = {}): Promise<PackedContent> => new Promise((resolve, reject) => {
    const id = asked.push({ options, finish: () => resolve(content(id)) });
    options.signal?.addEventListener('abort', () => reject(new Error('ended')));
  });
  return { asked, packer: { pack: (_, options) => pack(options), diff: (_base, _targets, _memory, options) => pack(options) } };
}

describe('a packer that is asked ahead', () => {
  test('is not asked again for the same content, in whatever arrays it lies', async () => {
    const { packer, asked } = slowPacker();
    const ahead = packerAhead(packer);
    void ahead.pack(runs(1), { mostSpans: 8 });
    const made = ahead.pack(runs(1), { mostSpans: 8 });
    asked[0]!.finish();
    expect(await made).toEqual(content(1));
    expect(asked).toHaveLength(1);
    expect(await ahead.pack(runs(1), { mostSpans: 8 })).toEqual(content(1));
  });

  test.each([
    ['other content', runs(2), { mostSpans: 8 }],
    ['another limit', runs(1), { mostSpans: 9 }],
  ])('begins anew for %s, and ends what it had begun', async (_, others, options) => {
    const { packer, asked } = slowPacker();
    const ahead = packerAhead(packer);
    const first = ahead.pack(runs(1), { mostSpans: 8 });
    const second = ahead.pack(others, options);
    await expect(first).rejects.toThrow('ended');
    asked[1]!.finish();
    expect(await second).toEqual(content(2));
  });

  test('goes on packing the whole while a difference is made', async () => {
    const { packer, asked } = slowPacker();
    const ahead = packerAhead(packer);
    const whole = ahead.pack(runs(1));
    const difference = ahead.diff(runs(0), [], { historyBytes: 1024, halfTheShifts: 16 });
    asked.forEach(({ finish }) => finish());
    expect(await Promise.all([whole, difference])).toEqual([content(1), content(2)]);
  });

  test('tells whoever asked last how far it is, from where it is', () => {
    const { packer, asked } = slowPacker();
    const ahead = packerAhead(packer);
    const [early, late]: [number[], number[]] = [[], []];
    void ahead.pack(runs(1), { onProgress: (share) => early.push(share) });
    asked[0]!.options.onProgress!(0.5);
    void ahead.pack(runs(1), { onProgress: (share) => late.push(share) });
    asked[0]!.options.onProgress!(0.75);
    expect({ early, late }).toEqual({ early: [0, 0.5], late: [0.5, 0.75] });
  });

  test('tells of a failure whoever asks for what has failed', async () => {
    const ahead = packerAhead({ ...slowPacker().packer, pack: () => Promise.reject(new Error('out of memory')) });
    ahead.pack(runs(1)).catch(() => undefined);
    await expect(ahead.pack(runs(1))).rejects.toThrow('out of memory');
  });

  test('ends everything when it is told to stop', async () => {
    const { packer } = slowPacker();
    const ahead = packerAhead(packer);
    const both = [ahead.pack(runs(1)), ahead.diff(runs(0), [], { historyBytes: 1024, halfTheShifts: 16 })];
    ahead.stop();
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
