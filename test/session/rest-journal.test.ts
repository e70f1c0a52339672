import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { restJournal, type SectorOnDisk } from '../../host/session/rest-journal.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-journal-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sector = (number: number): SectorOnDisk => ({
  sector: number, beside: [{ address: 0x0800_0000, length: 1000 }], kept: [{ address: 0x0800_0000 + number, bytes: new Random(number).fill(new Uint8Array(300)) }], firstErased: 0, notUnderWay: [1, 0xffff_ffff], savedAt: '2020-01-01T00:00:00.000Z', seenBy: '2020-01-02T00:00:00.000Z',
});

describe('the journal of rests', () => {
  const journal = restJournal(folder);

  test('gives back what was saved, chip by chip', () => {
    journal.save('aa', [sector(1), sector(2)]);
    journal.save('bb', [sector(3)]);
    expect(restJournal(folder).load('aa')).toEqual([sector(1), sector(2)]);
    expect(journal.load('bb')).toEqual([sector(3)]);
    expect(journal.load('cc')).toEqual([]);
  });

  test('is for nobody else’s eyes', () => {
    expect(statSync(join(folder, 'aa.json')).mode & 0o077).toBe(0);
  });

  test('without sectors is no file', () => {
    journal.save('bb', []);
    expect(readdirSync(folder)).toEqual(['aa.json']);
    journal.save('bb', []);
  });

  test('that is damaged is refused, never taken for empty', () => {
    const path = join(folder, 'aa.json');
    const text = readFileSync(path, 'utf8');
    const random = new Random(7);
    for (let trial = 0; trial < 200; trial++) {
      const at = random.below(text.length);
      const damaged = trial % 2 === 0 ? text.slice(0, at) : `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
      writeFileSync(path, damaged);
      expect(() => journal.load('aa'), damaged.slice(Math.max(0, at - 20), at + 20)).toThrow(/is damaged/);
    }
    writeFileSync(path, text);
    expect(journal.load('aa')).toHaveLength(2);
  });
});
