/** When what an earlier job kept is put back, and when the flash is believed instead: shown by the sector that the job erased first. */
import { describe, expect, test } from 'vitest';
import { StageFlashError } from '../../host/errors.js';
import { forgetOnDisk, keepOnDisk, leftUnderWay } from '../../host/job/rest-on-disk.js';
import { buildPlan } from '../../host/plan/build-plan.js';
import { erasedDigest } from '../../host/plan/erased.js';
import type { SectorRest } from '../../host/plan/rest.js';
import { crc32 } from '../../host/protocol/crc32.js';
import type { StubSession } from '../../host/session/stub-session.js';
import { memoryRestJournal } from '../e2e/memory-rest-journal.js';
import { image, part, run } from '../plan/images.js';

const H743 = part('STM32H743xI');
const FIRST = 0x0800_0000;
const SECTOR = 0x2_0000;
const BEFORE = 0x1111;
const WANTED = image(run(FIRST, 500), run(FIRST + SECTOR, 100));
const BESIDE = run(FIRST + SECTOR + 0x1000, 64, 3);
const RESTS = new Map<number, SectorRest>([[0, { kind: 'known', segments: [] }], [1, { kind: 'known', segments: [BESIDE] }]]);

const factsWith = (sectorDigests: readonly number[]): StubSession['facts'] => ({ uid0: 1, uid1: 2, uid2: 3, sectorDigests }) as unknown as StubSession['facts'];
const plan = buildPlan(WANTED, H743, { sectorDigests: undefined, rests: RESTS });
const [AFTER, INCOMPLETE] = ((content: Uint8Array) => [crc32(content), crc32(content.slice().fill(0xff, 0, 32))])(plan.sectors[0]!.content!) as [number, number];

/** A job that was about to erase both sectors, on a board whose first one had this digest. */
function begun(firstDigest = BEFORE) {
  const job = { image: WANTED, journal: memoryRestJournal(), options: { imagePath: '', to: '', events: () => undefined } };
  keepOnDisk(job, plan, RESTS, factsWith([firstDigest, 0x2222]), '2020-01-01');
  const sectorsLeft = (digest: number) => leftUnderWay(job, factsWith([digest, 0x9999])).map(({ sector }) => sector);
  return { job, sectorsLeft };
}

describe('what a job has kept', () => {
  test('is there again, byte for byte, when the job was cut in between', () => {
    const { job } = begun();
    expect(leftUnderWay(job, factsWith([0x7777, 0]))).toMatchObject([{ sector: 0, kept: [], beside: [{ address: FIRST + 500, length: SECTOR - 500 }] }, { sector: 1, kept: [BESIDE] }]);
  });

  test.each([['has not begun', BEFORE], ['has ended unheard', AFTER]])('is not put back when the job %s: the flash may have changed since', (_, digest) => {
    // The first sector itself holds what was kept of it: all of it has this digest.
    expect(begun().sectorsLeft(digest)).toEqual([0]);
  });

  test.each([['erased', erasedDigest(SECTOR)], ['complete but for its first flash word', INCOMPLETE]])('is put back when the first sector is %s, also where it was so before', (_, digest) => {
    expect(begun().sectorsLeft(digest)).toEqual([0, 1]);
    expect(begun(digest).sectorsLeft(digest)).toEqual([0, 1]);
  });

  test('stays through a second job that is cut before it has begun', () => {
    const { job, sectorsLeft } = begun();
    keepOnDisk(job, plan, RESTS, factsWith([0x5555, 0x6666]), '2020-01-02');
    expect(sectorsLeft(0x5555)).toEqual([0, 1]);
    expect(sectorsLeft(AFTER)).toEqual([0]);
  });

  test('stays when another job, on other sectors, makes the first sector what it was, or what it was to be', () => {
    const { job } = begun();
    const otherPlan = buildPlan(image(run(FIRST, 300)), H743, { sectorDigests: undefined, rests: RESTS });
    const cut = factsWith([0x7777, 0x2222]);
    keepOnDisk(job, otherPlan, RESTS, cut, '2020-01-02');
    forgetOnDisk(job.journal, cut, [0]);
    for (const digest of [BEFORE, AFTER, 0x1234]) expect(leftUnderWay(job, factsWith([digest, 0xffff]))).toMatchObject([{ sector: 1, kept: [BESIDE] }]);
  });

  test('of a job that has not begun is not put back after another job, either', () => {
    const { job } = begun();
    const otherPlan = buildPlan(image(run(FIRST, 300)), H743, { sectorDigests: undefined, rests: RESTS });
    const notBegun = factsWith([BEFORE, 0x2222]);
    keepOnDisk(job, otherPlan, RESTS, notBegun, '2020-01-02');
    forgetOnDisk(job.journal, notBegun, [0]);
    expect(leftUnderWay(job, factsWith([0x1234, 0xffff]))).toEqual([]);
  });

  test('is forgotten sector by sector, and only that chip’s', () => {
    const { job, sectorsLeft } = begun();
    forgetOnDisk(job.journal, { ...factsWith([]), uid0: 9 }, [0, 1]);
    expect(sectorsLeft(0x7777)).toEqual([0, 1]);
    forgetOnDisk(job.journal, factsWith([]), [1]);
    expect(sectorsLeft(0x7777)).toEqual([0]);
  });

  test('stops a job when it cannot be read, but for who gives it up', () => {
    const journal = { load: () => { throw new StageFlashError('refused', 'damaged'); }, save: () => undefined };
    const options = { imagePath: '', to: '', events: () => undefined };
    expect(() => leftUnderWay({ journal, options }, factsWith([]))).toThrow('damaged');
    expect(leftUnderWay({ journal, options: { ...options, eraseRest: true } }, factsWith([]))).toEqual([]);
  });
});
