import { describe, expect, test } from 'vitest';
import { BLOCK_BYTES, confirmFilters, joinBlocks, proposeFilters } from '../../host/codec/choose-filters.js';
import { filterContent } from '../../host/codec/filters.js';

const FLASH = 0x08000000;

/** BL from `address` to `target`, as an assembler encodes it. */
function branch(address: number, target: number): Uint8Array {
  const offset = (target - address - 4) >> 1;
  const halves = [0xf000 | ((offset >> 11) & 0x7ff), 0xf800 | (offset & 0x7ff)];
  return Uint8Array.from(halves.flatMap((half) => [half & 0xff, half >>> 8]));
}

function withBranches(length: number, places: readonly number[], target: number, address = FLASH): Uint8Array {
  const content = new Uint8Array(length);
  for (const at of places) content.set(branch(address + at, target), at);
  return content;
}

describe('branches', () => {
  const filter = (content: Uint8Array, address = FLASH): Uint8Array => filterContent(content, [{ address, bytes: content }], [{ kind: 'new', lengthBytes: content.length, filter: 0 }]);

  test('to one target from two places become the same bytes', () => {
    const filtered = filter(withBranches(256, [16, 100], FLASH + 0x1234));
    expect(filtered.slice(16, 20)).toEqual(filtered.slice(100, 104));
    expect(filtered.slice(16, 20)).toEqual(Uint8Array.of((0x1234 >> 12) & 0xff, 0xf0, 0x1a, 0xf9));
  });

  test('forwards and backwards, near the ends of what 22 bits reach', () => {
    for (const target of [FLASH + 0x3f_fffe, FLASH - 0x30_0000]) {
      const filtered = filter(withBranches(64, [0, 60], target));
      expect(filtered.slice(0, 4)).toEqual(filtered.slice(60, 64));
    }
  });

  test('across the end of a piece or run stay as they are', () => {
    const content = withBranches(64, [30], FLASH + 8);
    const piece = { kind: 'new', lengthBytes: 32, filter: 0 } as const;
    const runs = [{ address: FLASH, bytes: content.subarray(0, 32) }, { address: FLASH + 32, bytes: content.subarray(32) }];
    expect(filterContent(content, [{ address: FLASH, bytes: content }], [piece, piece])).toEqual(content);
    expect(filterContent(content, runs, [{ ...piece, lengthBytes: 64 }])).toEqual(content);
  });

  test('without a link are made absolute like those with one', () => {
    const content = withBranches(64, [0, 40], FLASH + 0x100);
    content[3]! &= 0xbf;
    content[43]! &= 0xbf;
    expect(filter(content).slice(0, 4)).toEqual(filter(content).slice(40, 44));
  });

  test('half-words that are not a pair stay as they are', () => {
    const content = Uint8Array.of(0x00, 0xf0, 0x00, 0xe8, 0x00, 0xf8, 0x34, 0x12, 0x00, 0xf0);
    expect(filter(content)).toEqual(content);
  });

  test('in a block of differences stay as they are', () => {
    const content = withBranches(64, [16], FLASH + 0x200);
    const filtered = filterContent(content, [{ address: FLASH, bytes: content }], [{ kind: 'new', lengthBytes: 64, filter: 8 }]);
    expect(filtered.map((byte, at) => byte + (at < 8 ? 0 : content[at - 8]!))).toEqual(content);
  });
});

describe('the choice of filters', () => {
  const block = (byteAt: (at: number) => number): number[] => Array.from({ length: BLOCK_BYTES }, (_, at) => byteAt(at));

  test('proposes the distance of a table and nothing where bytes have no order', () => {
    const content = Uint8Array.from([...block((at) => (at * 167) >>> 4 ^ at * at), ...block((at) => (at % 3) * 60 + Math.floor(at / 3)), ...block((at) => (at % 4) * 50 + (at >> 2))]);
    expect([...proposeFilters(content, [{ address: FLASH, bytes: content }])].slice(1)).toEqual([3, 4]);
  });

  test('keeps only what shortened its block noticeably', () => {
    const costs = { without: Float64Array.of(100, 100, 100), with: Float64Array.of(50, 99, 120) };
    expect(confirmFilters(Uint8Array.of(3, 3, 3), costs)).toEqual(Uint8Array.of(3, 0, 0));
  });
});

test('blocks with the same filter in a row become one piece', () => {
  expect(joinBlocks(Uint8Array.of(0, 0, 3, 3, 0), 4 * BLOCK_BYTES + 32)).toEqual([
    { kind: 'new', lengthBytes: 2 * BLOCK_BYTES, filter: 0 }, { kind: 'new', lengthBytes: 2 * BLOCK_BYTES, filter: 3 }, { kind: 'new', lengthBytes: 32, filter: 0 },
  ]);
});

test('what has nothing before it is no difference', () => {
  expect(joinBlocks(Uint8Array.of(4), 64)).toEqual([{ kind: 'new', lengthBytes: 16, filter: 0 }, { kind: 'new', lengthBytes: 48, filter: 4 }]);
  expect(joinBlocks(Uint8Array.of(4), 16)).toEqual([{ kind: 'new', lengthBytes: 16, filter: 0 }]);
});
