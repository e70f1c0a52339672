import { expect, test } from 'vitest';
import { AN3155_LINE } from '../../host/link/line-settings.js';
import type { Link } from '../../host/link/link.js';
import { RoundTrip } from '../../host/link/round-trip.js';
import { FrameDecoder } from '../../host/protocol/frame.js';
import { decodeMessage, encodeMessage } from '../../host/protocol/messages.js';
import { leaveBoard } from '../../host/session/leave-board.js';
import { StubSession } from '../../host/session/stub-session.js';

const TOKEN = 0x12345678;
const FACTS = { windowBytes: 0 } as never;
const PROGRESS = {
  executed: 0, poll: 0, status: 0, detail: 0, flashStatus: 0, lineBytes: 0, discardedBytes: 0, lineErrors: 0, erased: 0, busy: 0, programmed: 0, map: new Uint8Array(0),
};

/** A stub that speaks every half second until `silentFromMs`, and answers LEAVE if told so. */
function stubThat(answersLeave: boolean, silentFromMs: number) {
  let nowMs = 0;
  let nextTickMs = 0;
  const arriving: Uint8Array[] = [];
  const sent: Uint8Array[] = [];
  const link: Link = {
    name: 'tcp://board',
    line: AN3155_LINE,
    now: () => nowMs,
    send: async (bytes) => {
      sent.push(bytes.slice());
      const leave = new FrameDecoder(TOKEN).push(bytes).map(decodeMessage)[0];
      if (answersLeave && leave?.name === 'leave') arriving.push(encodeMessage('leaving', TOKEN, leave.offset, {}));
    },
    receive: async (deadlineMs) => {
      const ready = arriving.shift();
      if (ready !== undefined) return ready;
      if (nextTickMs > deadlineMs || nextTickMs >= silentFromMs) {
        nowMs = Math.max(nowMs, deadlineMs);
        return new Uint8Array(0);
      }
      nowMs = Math.max(nowMs, nextTickMs);
      nextTickMs += 500;
      return encodeMessage('progress', TOKEN, 0, PROGRESS);
    },
    close: async () => undefined,
  };
  const roundTrip = new RoundTrip();
  roundTrip.observe(100);
  const session = new StubSession({ link, roundTrip, decoder: new FrameDecoder(TOKEN), token: TOKEN, facts: FACTS, discardedBefore: 0 });
  const leaves = (): number => sent.flatMap((bytes) => new FrameDecoder(TOKEN).push(bytes).map(decodeMessage)).filter((message) => message?.name === 'leave').length;
  return { session, leaves };
}

test('a stub that confirms is asked to leave once', async () => {
  const { session, leaves } = stubThat(true, 0);
  const { text } = await leaveBoard(session, { go: 0x08000000 });
  expect(leaves()).toBe(1);
  expect(text).toContain('was started');
});

test('a stub that still speaks but does not confirm is asked again', async () => {
  const { session, leaves } = stubThat(false, Infinity);
  const { text } = await leaveBoard(session, 'reset');
  expect(leaves()).toBe(3);
  expect(text).toContain('did not confirm');
});

test('a stub that has fallen silent is not asked again: a ROM in its place would be deafened by the frame', async () => {
  const { session, leaves } = stubThat(false, 200);
  const { text } = await leaveBoard(session, 'reset');
  expect(leaves()).toBe(1);
  expect(text).toContain('is not known');
});
