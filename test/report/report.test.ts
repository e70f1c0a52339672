import { describe, expect, test } from 'vitest';
import type { Phase } from '../../host/events.js';
import { RoundTrip } from '../../host/link/round-trip.js';
import type { StubSession } from '../../host/session/stub-session.js';
import { buildPlan } from '../../host/plan/build-plan.js';
import { newLogbook, type Logbook } from '../../host/report/logbook.js';
import { describeDevice, makeReport, reportDetails } from '../../host/report/report.js';
import { ScriptedLink } from '../link/scripted-link.js';
import { image, part, run } from '../plan/images.js';

const H743 = part('STM32H743xI');
const wanted = image(run(0x0800_0000, 1000), run(0x0810_0000, 24));
const plan = buildPlan(wanted, H743, { sectorDigests: undefined });

function measured(...samplesMs: readonly number[]): RoundTrip {
  const roundTrip = new RoundTrip();
  samplesMs.forEach((ms) => roundTrip.observe(ms));
  return roundTrip;
}

/** What a report takes from a session. */
const session = (discardedBytes = 0): StubSession =>
  ({
    facts: { idcode: 0x2003_6450, flashSizeKiB: 2048, romVersion: 0x92, uid0: 0x0a, uid1: 0xbbbb_bbbb, uid2: 0xcc, wireVersion: 1, buildHash: 0x1234 },
    progress: { erased: 2, programmed: 33, lineBytes: 9000, discardedBytes: 3, lineErrors: 0x4 },
    roundTrip: measured(600, 610), discardedBytes, repeats: 2, link: { renewals: 1 },
  }) as unknown as StubSession;

/** Twelve seconds of a job: two before the stream, four for it, six after. */
function logbook(more: Partial<Logbook> = {}): Logbook {
  const link = Object.assign(new ScriptedLink(), { traffic: { sentBytes: 5000, receivedBytes: 700 }, now: () => 112_345.6 });
  const log: Logbook = {
    ...newLogbook(() => undefined), flash: 'proven', image: { ...wanted, fileSha256: 'abcd' }, link, startedMs: 100_000,
    part: H743, plan, session: session(), executed: { streamBytes: 1152, repeatedBytes: 128 }, ...more,
  };
  const begins = (phase: Phase, atMs: number): void => log.phases.hear({ type: 'phase', phase, text: '', atMs });
  begins('connect', 0);
  begins('bootloader', 100_000);
  begins('stream', 102_000);
  begins('reset', 106_000);
  return log;
}

describe('the report', () => {
  test('of a flashed board says what, where, by whose word and how long', () => {
    expect(makeReport('flashed', 'The program talks.', logbook()).text).toBe(
      '1024 bytes of fw.hex are in the flash of STM32H743xI, proven by what the board read back, after 12.3 s (2 of 2 sectors written). The program talks.',
    );
  });

  test('of a board that had it already says so', () => {
    expect(makeReport('unchanged', 'It waits.', logbook()).text).toBe("1024 bytes of fw.hex were in the flash of STM32H743xI already; the board's own digest proves it. 12.3 s. It waits.");
  });

  test('mentions bytes from the line that belonged to nobody', () => {
    expect(makeReport('flashed', '', logbook({ session: session(77) })).text).toContain(' 77 foreign bytes from the line were discarded.');
  });

  test('of a plan is the plan', () => {
    expect(makeReport('planned', 'sector …', logbook())).toMatchObject({ outcome: 'planned', text: 'sector …' });
  });

  test('has every number for programs', () => {
    expect(reportDetails(logbook())).toEqual({
      flash: 'proven',
      reached: 'reset',
      seconds: 12.346,
      phases: { bootloader: 2, stream: 4, reset: 6.346 },
      image: { source: 'fw.hex', fileSha256: 'abcd', lengthBytes: 1024 },
      device: { part: 'STM32H743xI', uid: '000000ccbbbbbbbb0000000a', romVersion: 0x92, idcode: 0x2003_6450 },
      sectors: { touched: 2, written: 2, skipped: 0, erased: 2 },
      link: { name: 'scripted', sentBytes: 5000, receivedBytes: 700 },
      roundTrip: { minMs: 600, smoothedMs: 601.3, maxMs: 610, samples: 2 },
      discardedBytes: 0,
      repeatedRequests: 2,
      reconnects: 1,
      streamBytes: 1152,
      repeatedBytes: 128,
      // 1024 + 24 bytes in flash words of 32: 1056 bytes in 4 s.
      goodputBytesPerSecond: 264,
      board: { receivedBytes: 9000, discardedBytes: 3, lineErrors: 4 },
      stub: { wireVersion: 1, build: 0x1234 },
    });
  });

  test('of a job that failed in the stream counts what the stub had programmed', () => {
    const failed = logbook({ flash: 'unfinished' });
    delete failed.executed;
    expect(reportDetails(failed)).toMatchObject({ flash: 'unfinished', goodputBytesPerSecond: (33 * 32) / 4 });
  });

  test('of the ROM bootloader alone leaves out what only the stub knows', () => {
    const direct = logbook({ rom: { roundTrip: measured(50), discardedBytes: 5 } });
    delete direct.session;
    delete direct.executed;
    const details = reportDetails(direct);
    expect(details).toMatchObject({ device: { part: 'STM32H743xI' }, roundTrip: { samples: 1 }, discardedBytes: 5 });
    expect(Object.keys(details)).not.toEqual(expect.arrayContaining(['stub']));
  });

  test('of a job that found no file has next to nothing', () => {
    expect(reportDetails(newLogbook(() => undefined))).toEqual({ flash: 'untouched', phases: {} });
  });
});

test('the board in one line', () => {
  expect(describeDevice(H743, session())).toBe('STM32H743xI, revision 0x2003, 2048 KiB flash, ROM 0x92, UID 000000ccbbbbbbbb0000000a, round trip 601 ms');
});
