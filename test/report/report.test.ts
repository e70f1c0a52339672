import { describe, expect, test } from 'vitest';
import type { StubSession } from '../../host/session/stub-session.js';
import { buildPlan } from '../../host/plan/build-plan.js';
import { describeDevice, makeReport } from '../../host/report/report.js';
import { image, part, run } from '../plan/images.js';

const H743 = part('STM32H743xI');
const wanted = image(run(0x0800_0000, 1000), run(0x0810_0000, 24));
const plan = buildPlan(wanted, H743, { sectorDigests: undefined });

/** What a report takes from a session. */
const session = (discardedBytes = 0): StubSession =>
  ({
    facts: { idcode: 0x2003_6450, flashSizeKiB: 2048, romVersion: 0x92, uid0: 0x0a, uid1: 0xbbbb_bbbb, uid2: 0xcc },
    roundTrip: { smoothedMs: 601.26 }, discardedBytes, repeats: 2, link: { renewals: 1 },
  }) as unknown as StubSession;

const facts = { image: wanted, part: H743, plan, seconds: 12.3456, session: session(), executed: { streamBytes: 1152, repeatedBytes: 128 } };

describe('the report', () => {
  test('of a flashed board says what, where, by whose word and how long', () => {
    expect(makeReport('flashed', 'The program talks.', facts).text).toBe(
      '1024 bytes of fw.hex are in the flash of STM32H743xI, proven by what the board read back, after 12.3 s (2 of 2 sectors written). The program talks.',
    );
  });

  test('of a board that had it already says so', () => {
    expect(makeReport('unchanged', 'It waits.', facts).text).toBe("1024 bytes of fw.hex were in the flash of STM32H743xI already; the board's own digest proves it. 12.3 s. It waits.");
  });

  test('mentions bytes from the line that belonged to nobody', () => {
    expect(makeReport('flashed', '', { ...facts, session: session(77) }).text).toContain(' 77 foreign bytes from the line were discarded.');
  });

  test('of a plan is the plan', () => {
    expect(makeReport('planned', 'sector …', facts)).toMatchObject({ outcome: 'planned', text: 'sector …' });
  });

  test('has every number for programs', () => {
    expect(makeReport('flashed', '', facts).details).toMatchInlineSnapshot(`
      {
        "device": {
          "idcode": 537093200,
          "part": "STM32H743xI",
          "romVersion": 146,
          "uid": "000000ccbbbbbbbb0000000a",
        },
        "discardedBytes": 0,
        "image": {
          "lengthBytes": 1024,
          "source": "fw.hex",
        },
        "reconnects": 1,
        "repeatedBytes": 128,
        "repeatedRequests": 2,
        "roundTripMs": 601.3,
        "seconds": 12.346,
        "sectors": {
          "touched": 2,
          "written": 2,
        },
        "streamBytes": 1152,
      }
    `);
  });

  test('of the ROM bootloader alone leaves out what only the stub knows', () => {
    const { details } = makeReport('flashed', '', { image: wanted, part: H743, plan, seconds: 1 });
    expect(Object.keys(details).sort()).toEqual(['device', 'image', 'seconds', 'sectors']);
    expect(details.device).toEqual({ part: 'STM32H743xI' });
  });
});

test('the board in one line', () => {
  expect(describeDevice(H743, session())).toBe('STM32H743xI, revision 0x2003, 2048 KiB flash, ROM 0x92, UID 000000ccbbbbbbbb0000000a, round trip 601 ms');
});
