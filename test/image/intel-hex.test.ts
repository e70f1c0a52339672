import { describe, expect, test } from 'vitest';
import { StageFlashError } from '../../host/errors.js';
import { Random } from '../../host/board/random.js';
import { createImage } from '../../host/image/image.js';
import { parseIntelHex } from '../../host/image/intel-hex.js';
import { END_RECORD, hexLines, hexRecord, linearBase } from './hex-writer.js';

const parse = (lines: readonly string[], newline = '\n') => parseIntelHex('fw.hex', lines.join(newline) + newline);

function failure(text: string): StageFlashError {
  try {
    parseIntelHex('fw.hex', text);
  } catch (error) {
    if (error instanceof StageFlashError) return error;
    throw error;
  }
  throw new Error('the text was accepted');
}

describe('segments', () => {
  test('two segments one mebibyte apart stay two, and nothing is invented between them', () => {
    const one = new Random(1).fill(new Uint8Array(33));
    const two = new Random(2).fill(new Uint8Array(7));
    expect(parse([...hexLines(0x0800_0000, one), ...hexLines(0x0810_0000, two), END_RECORD])).toEqual([
      { address: 0x0800_0000, bytes: one },
      { address: 0x0810_0000, bytes: two },
    ]);
  });

  test('a gap of one byte separates segments', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const segments = parse([...hexLines(0x0800_0000, bytes), ...hexLines(0x0800_0004, bytes), END_RECORD]);
    expect(segments.map((segment) => segment.address)).toEqual([0x0800_0000, 0x0800_0004]);
  });

  test('records in descending order make one segment', () => {
    const bytes = new Random(3).fill(new Uint8Array(100));
    const [base = '', ...records] = hexLines(0x0800_0000, bytes, 7);
    expect(parse([base, ...records.reverse(), END_RECORD])).toEqual([{ address: 0x0800_0000, bytes }]);
  });

  test('a record may repeat bytes that are there already', () => {
    const bytes = new Random(4).fill(new Uint8Array(40));
    const lines = [...hexLines(0x0800_0000, bytes), ...hexLines(0x0800_0005, bytes.subarray(5, 30), 3), END_RECORD];
    expect(parse(lines)).toEqual([{ address: 0x0800_0000, bytes }]);
  });

  test('an extended segment address counts in paragraphs of 16 bytes', () => {
    expect(parse([hexRecord(2, 0, [0x12, 0x34]), hexRecord(0, 0x5678, [0xaa]), END_RECORD])).toEqual([
      { address: 0x12340 + 0x5678, bytes: Uint8Array.of(0xaa) },
    ]);
  });

  test('a record runs on over a 64 KiB boundary under a linear address', () => {
    expect(parse([linearBase(0x0801_0000), hexRecord(0, 0xfffe, [1, 2, 3, 4]), END_RECORD])).toEqual([
      { address: 0x0801_fffe, bytes: Uint8Array.of(1, 2, 3, 4) },
    ]);
  });

  test.each([0x9000_fff0, 0x7fff_fff0, 0x7fff_fff5])('addresses from 0x80000000 on are not taken for negative ones: %i', (address) => {
    const bytes = new Random(5).fill(new Uint8Array(50));
    const segments = parse([...hexLines(address, bytes), END_RECORD]);
    expect(createImage('fw.hex', 'Intel HEX', segments).segments).toEqual([{ address, bytes }]);
  });

  test('start address records change nothing', () => {
    const data = hexLines(0x0800_0000, Uint8Array.of(1));
    expect(parse([hexRecord(3, 0, [1, 2, 3, 4]), ...data, hexRecord(5, 0, [8, 0, 1, 0x99]), END_RECORD])).toHaveLength(1);
  });

  test('CRLF, CR, lower case, blank lines and trailing blanks are read alike', () => {
    const bytes = new Random(6).fill(new Uint8Array(100));
    const lines = [...hexLines(0x0800_0000, bytes), END_RECORD];
    const wanted = [{ address: 0x0800_0000, bytes }];
    expect(parse(lines, '\r\n')).toEqual(wanted);
    expect(parse(lines, '\r')).toEqual(wanted);
    expect(parse(lines.map((line) => line.toLowerCase()))).toEqual(wanted);
    expect(parse(['', ...lines.map((line) => `${line}  \t`), '', ''])).toEqual(wanted);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i: any segments cut into any records in any order come back', (seed) => {
    const random = new Random(seed);
    let address = 0x0800_0000 + random.below(100);
    const segments = Array.from({ length: 1 + random.below(5) }, () => {
      const segment = { address, bytes: random.fill(new Uint8Array(1 + random.below(3000))) };
      address += segment.bytes.length + 1 + random.below(200_000);
      return segment;
    });
    const groups = segments.flatMap(({ address, bytes }) => cut(random, bytes).map(([at, piece]) => hexLines(address + at, piece, 1 + random.below(255))));
    const shuffled = groups.map((lines) => ({ lines, key: random.u32() })).sort((a, b) => a.key - b.key);
    expect(parse([...shuffled.flatMap(({ lines }) => lines), END_RECORD])).toEqual(segments);
  });
});

function cut(random: Random, bytes: Uint8Array): [number, Uint8Array][] {
  const pieces: [number, Uint8Array][] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(bytes.length - at, 1 + random.below(700));
    pieces.push([at, bytes.subarray(at, at + length)]);
    at += length;
  }
  return pieces;
}

describe('errors name the line', () => {
  const good = hexRecord(0, 0, [1, 2, 3, 4]);
  test.each<[name: string, lines: readonly string[], message: string]>([
    ['a changed digit', [good, `${good.slice(0, 10)}7${good.slice(11)}`], 'fw.hex, line 2: bad checksum: found F2, computed EC'],
    ['no colon', [good, '04000000010203', END_RECORD], 'fw.hex, line 2: starts with "0" where ":" is expected'],
    ['no hexadecimal digit', [':0400000001O20304F2'], 'fw.hex, line 1: "O" in column 12 is no hexadecimal digit'],
    ['a record cut short', [good.slice(0, -4), END_RECORD], 'fw.hex, line 1: the record has 14 digits where its length field asks for 18'],
    ['a record too long', [`${good}00`, END_RECORD], 'fw.hex, line 1: the record has 20 digits where its length field asks for 18'],
    ['half a byte', [good.slice(0, -1), END_RECORD], 'fw.hex, line 1: the record has 17 digits where its length field asks for 18'],
    ['nothing but a colon', [':', END_RECORD], 'fw.hex, line 1: the record has 0 digits where its length field asks for 10'],
    ['an unknown type', [hexRecord(6, 0)], 'fw.hex, line 1: unknown record type 06'],
    ['an address record of one byte', [hexRecord(4, 0, [8])], 'fw.hex, line 1: a record of type 04 carries 2 bytes, this one 1'],
    ['data behind the end', [good, END_RECORD, '', good], 'fw.hex, line 4: data after the end-of-file record of line 2'],
    ['a missing end', [good], 'fw.hex: the end-of-file record is missing'],
    ['a wrap in a 64 KiB segment', [hexRecord(2, 0, [0, 0]), hexRecord(0, 0xfffe, [1, 2, 3])], 'fw.hex, line 2: the record runs over the end of its 64 KiB segment'],
    ['a wrap of the address space', [hexRecord(4, 0, [0xff, 0xff]), hexRecord(0, 0xfffe, [1, 2, 3])], 'fw.hex, line 2: the record runs over the end of the address space'],
    ['two values for one byte', [good, hexRecord(0, 3, [4]), hexRecord(0, 2, [9]), END_RECORD], 'fw.hex: lines 1 and 3 put different bytes at 0x00000002'],
  ])('%s', (_name, lines, message) => {
    const error = failure(lines.join('\n'));
    expect(error.message).toBe(message);
    expect(error.kind).toBe('image');
  });

  test('no single flipped bit of a record goes unnoticed', () => {
    const record = Buffer.from(`${hexRecord(0, 0x1234, [0x00, 0xff, 0x42])}\n${END_RECORD}\n`, 'latin1');
    const seen = new Set<string>();
    for (let bit = 0; bit < 8 * (record.length - END_RECORD.length - 2); bit++) {
      const damaged = Buffer.from(record);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const changesOnlyCase = damaged.toString('latin1').toLowerCase() === record.toString('latin1').toLowerCase();
      if (!changesOnlyCase) seen.add(failure(damaged.toString('latin1')).kind);
    }
    expect([...seen]).toEqual(['image']);
  });
});

test('segments that overlap are refused, neighbours are joined, empty ones vanish', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  expect(createImage('x', 'raw binary', [{ address: 4, bytes }, { address: 100, bytes: new Uint8Array() }, { address: 0, bytes }]).segments).toEqual([
    { address: 0, bytes: Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4) },
  ]);
  expect(() => createImage('x', 'raw binary', [{ address: 3, bytes }, { address: 0, bytes }])).toThrow('overlap at 0x00000003');
});

test.each([1, 2, 3, 4])('seed %i: a file damaged anyhow is refused as an image or read, and never anything else', (seed) => {
  const random = new Random(seed);
  const whole = [...hexLines(0x0800_fff0, random.fill(new Uint8Array(200))), hexRecord(2, 0, [0x80, 0]), ...hexLines(0x0810_0000, random.fill(new Uint8Array(50))), END_RECORD].join('\r\n');
  for (let round = 0; round < 300; round++) {
    const from = random.below(whole.length);
    const inserted = String.fromCharCode(...random.fill(new Uint8Array(random.below(4))));
    const damaged = whole.slice(0, from) + inserted + whole.slice(from + random.below(30));
    try {
      createImage('fw.hex', 'Intel HEX', parseIntelHex('fw.hex', damaged));
    } catch (error) {
      expect(error).toMatchObject({ name: 'StageFlashError', kind: 'image' });
    }
  }
});
