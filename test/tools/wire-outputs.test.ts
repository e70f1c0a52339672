/** What follows from wire.ts is what the tree holds. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FRAME, LIMITS, LOADER_FRAME, MESSAGES, OPERATIONS, STATUS, STUB_HEADER } from '../../host/protocol/wire.js';
import { fixedBytes } from '../../host/protocol/fields.js';
import { protocolTables, wireHeader, withProtocolTables } from '../../host/tools/wire-outputs.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('generated from wire.ts and up to date (else: make wire)', () => {
  test('stub/wire.gen.h', () => {
    expect(read('stub/wire.gen.h')).toBe(wireHeader());
  });

  test('the tables of PROTOCOL.md', () => {
    expect(read('PROTOCOL.md')).toBe(withProtocolTables(read('PROTOCOL.md')));
    expect(Object.values(protocolTables()).every((table) => read('PROTOCOL.md').includes(table))).toBe(true);
  });

  test('not a document that lacks the markers', () => {
    expect(() => withProtocolTables('# The wire')).toThrow('markers');
  });
});

describe('wire.ts', () => {
  const values = (header: string): Map<string, number> =>
    new Map([...header.matchAll(/^#define (WIRE_\w+) (0x[\da-fA-F]+|\d+)u/gm)].map(([, name, value]) => [name!, Number(value)]));

  test('gives every constant of the header a name of its own', () => {
    const names = [...wireHeader().matchAll(/^#define (WIRE_\w+)/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(80);
  });

  test('arrives in C as it is here', () => {
    const c = values(wireHeader());
    expect(c.get('WIRE_MAGIC')).toBe(FRAME.magic);
    expect(c.get('WIRE_HEADER_BYTES')).toBe(fixedBytes(FRAME.header));
    expect(c.get('WIRE_MAX_PAYLOAD_BYTES')).toBe(LIMITS.maxPayloadBytes.value);
    expect(c.get('WIRE_TYPE_DIGEST')).toBe(MESSAGES.digest.id);
    expect(c.get('WIRE_PROGRESS_MAP_AT')).toBe(fixedBytes(MESSAGES.progress.fields));
    expect(c.get('WIRE_STATUS_NOT_ERASED')).toBe(STATUS.notErased.id);
    expect(c.get('WIRE_STUB_CRC_AT')).toBe(STUB_HEADER.crc.offset);
  });

  test('says where the linker and the loader put things', () => {
    const origin = (script: string, memory: string): number => Number(new RegExp(`${memory} \\(rwx\\) *: ORIGIN = (0x[0-9A-F]+)`).exec(read(`linker/${script}.ld`))?.[1]);
    expect([origin('loader', 'LOADER'), origin('starter', 'STARTER'), origin('stub', 'STUB'), origin('stub', 'CODEC')])
      .toEqual([LIMITS.loaderBaseAddress, LIMITS.starterBaseAddress, LIMITS.stubBaseAddress, LIMITS.codecBaseAddress].map(({ value }) => value));
    expect(LIMITS.starterBaseAddress.value).toBe(LIMITS.loaderBaseAddress.value + LIMITS.loaderBytes.value);
    // What `run` says is taken: the loader's stack begins where the host believes it ends.
    expect(read('stub/loader/loader.c')).toContain('struct loader loader = {0x2001FF00u,');
    expect(read('host/plan/ram-program.ts')).toContain('end: 0x2001_ff00');
    const hex = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;
    const taken = [[LIMITS.loaderBaseAddress.value, LIMITS.starterBaseAddress.value + LIMITS.starterBytes.value - 1], [LIMITS.loaderStackAddress.value, 0x2001_feff]] as const;
    for (const [first, last] of taken) expect(read('README.md')).toContain(`${hex(first)}–${hex(last)}`);
  });

  test('numbers messages, statuses and operations without repeating itself', () => {
    for (const table of [MESSAGES, STATUS, OPERATIONS] as readonly Record<string, { readonly id: number }>[]) {
      const ids = Object.values(table).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
    // The stub finds an operation by its code in a table without gaps.
    expect(Object.values(OPERATIONS).map(({ id }) => id)).toEqual(Object.keys(OPERATIONS).map((_, index) => index));
  });

  test('leaves room for what must fit: FACTS of 256 sectors, PROGRESS with its map and DIGESTS of all ranges in the stub’s answer, the largest frame in its ring', () => {
    const memory = read('stub/memory.h');
    const constant = (name: string): number => Number(new RegExp(`#define ${name} (0x[0-9A-F]+)u`).exec(memory)?.[1]);
    const overhead = fixedBytes(FRAME.header) + fixedBytes(FRAME.trailer);
    const answers = [fixedBytes(MESSAGES.facts.fields) + 4 * 256, fixedBytes(MESSAGES.progress.fields) + LIMITS.mapBytes.value, 4 * LIMITS.maxRanges.value];
    expect(Math.max(...answers) + overhead).toBeLessThanOrEqual(constant('ANSWER_BYTES'));
    expect(LIMITS.maxPayloadBytes.value + overhead).toBeLessThanOrEqual(constant('RING_BYTES'));
    expect(LIMITS.loaderBaseAddress.value + LIMITS.loaderBytes.value).toBeLessThanOrEqual(LIMITS.stubBaseAddress.value);
    expect(fixedBytes(LOADER_FRAME.fields)).toBe(16 + LIMITS.loaderChunkBytes.value);
  });
});
