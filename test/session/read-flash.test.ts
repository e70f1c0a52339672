/** READ and CONTENT against the stub's own machine code, with questions that no plan of ours asks too. */
import { describe, expect, test } from 'vitest';
import { enterStub, findRom } from '../../host/job/enter-stub.js';
import { JobEvents } from '../../host/job-events.js';
import { LIMITS } from '../../host/protocol/wire.js';
import { newLogbook } from '../../host/report/logbook.js';
import { readFlash } from '../../host/session/read-flash.js';
import type { StubSession } from '../../host/session/stub-session.js';
import { fillFlash, openBoard } from '../e2e/virtual-board.js';

const FIRST = 0x0800_0000;

async function stubOn(query: string) {
  const link = await openBoard(`chip=STM32H743xG&baud=921600&rtt=50ms&${query}`);
  const before = fillFlash(link, 5, 0x4000);
  const [log, events] = [newLogbook(() => undefined), new JobEvents(() => undefined)];
  const { rom } = await findRom(link, log, events);
  const session = await enterStub(link, link, rom, {}, log, events);
  return { link, session, before, flash: link.world.board.chip.flash };
}

/** What comes for one READ within a while. */
async function answersTo(session: StubSession, pieceBytes: number, ranges: readonly number[]) {
  await session.send('read', session.newRequest(), { pieceBytes, ranges });
  const untilMs = session.link.now() + 400;
  while (session.link.now() < untilMs) await session.listen(untilMs);
  return session.takeEach('content').map(({ offset, values: { bytes } }) => [offset, bytes.length]);
}

describe('the stub reads', () => {
  test('ranges in pieces, a range’s last piece shorter', async () => {
    const { session } = await stubOn('');
    expect(await answersTo(session, 100, [FIRST + 1, 250, FIRST + 0x2000, 100])).toEqual([[FIRST + 1, 100], [FIRST + 101, 100], [FIRST + 201, 50], [FIRST + 0x2000, 100]]);
  });

  test('at most what fits, whatever it is asked for', async () => {
    const { session } = await stubOn('');
    const most = LIMITS.mostContentBytes.value;
    for (const pieceBytes of [0, most + 1, 0xffff_ffff]) expect(await answersTo(session, pieceBytes, [FIRST, most + 1])).toEqual([[FIRST, most], [FIRST + most, 1]]);
  });

  test.each([
    ['what is no flash', 0x2400_0000, 64],
    ['the hole of a 1 MB part', 0x0808_0000, 64],
    ['what begins in flash and ends behind it', 0x0807_FFF0, 64],
    ['nothing', FIRST, 0],
    ['all addresses', FIRST, 0xffff_ffff],
  ])('nothing of %s, once, and goes on with the next range', async (_, address, length) => {
    const { session } = await stubOn('');
    expect(await answersTo(session, 32, [address, length, FIRST + 64, 32])).toEqual([[address, 0], [FIRST + 64, 32]]);
  });

  test('no half range, and a later READ or DIGEST in place of an earlier one', async () => {
    const { session } = await stubOn('');
    expect(await answersTo(session, 32, [FIRST])).toEqual([]);
    await session.send('read', session.newRequest(), { pieceBytes: 1024, ranges: [FIRST, 0x8_0000] });
    const { digests } = await session.ask('digest', { after: 0, ranges: [FIRST, 32] }, 'digests', 100);
    expect(digests).toHaveLength(1);
    const come = session.takeEach('content').length;
    expect(come).toBeLessThan(20);
    expect(await answersTo(session, 32, [])).toEqual([]);
  });

  test('and reports all the while', async () => {
    const { session } = await stubOn('baud=9600');
    let reports = 0;
    let last: unknown;
    await readFlash(session, [{ address: FIRST, length: 4000 }], { onProgress: () => {
      if (session.progress !== last) reports++;
      last = session.progress;
    } });
    expect(reports).toBeGreaterThanOrEqual(2);
  });
});

describe('reading', () => {
  test('is right whatever the border and the order of the ranges', async () => {
    const { session, flash } = await stubOn('');
    const ranges = [{ address: FIRST + 0x2_0000 - 3, length: 7 }, { address: 0x0810_0001, length: 3001 }, { address: FIRST, length: 1 }];
    const { content, unreadable } = await readFlash(session, ranges);
    expect(unreadable).toEqual([]);
    for (const [index, { address, length }] of ranges.entries()) expect(content[index]).toEqual({ address, bytes: flash.peek(address, length) });
  });

  test('of more ranges than fit into a request is right too', async () => {
    const { session, flash } = await stubOn('');
    const ranges = Array.from({ length: 150 }, (_, index) => ({ address: FIRST + 100 * index, length: 10 }));
    const { content } = await readFlash(session, ranges);
    expect(content.every(({ address, bytes }) => Buffer.compare(bytes, flash.peek(address, 10)) === 0)).toBe(true);
  });

  test('finds the very flash words that cannot be read, and all that is around them', async () => {
    const { session, flash } = await stubOn('');
    for (const address of [FIRST + 0x1020, FIRST + 0x17e5]) [0, 1].forEach((at) => flash.flipBit(address + at, 3 + at));
    const { content, unreadable } = await readFlash(session, [{ address: FIRST + 0x1001, length: 0x1000 }]);
    expect(unreadable).toEqual([{ address: FIRST + 0x1020, length: 32 }, { address: FIRST + 0x17e0, length: 32 }]);
    const different = [...content[0]!.bytes].flatMap((byte, at) => (byte === flash.peek(FIRST + 0x1001 + at, 1)[0] ? [] : [Math.floor((0x1001 + at) / 32) * 32]));
    expect(new Set(different)).toEqual(new Set([0x1020, 0x17e0]));
  });
});
