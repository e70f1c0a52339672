import { expect, test } from 'vitest';
import { LIMITS } from '../../host/protocol/wire.js';
import { askDigests } from '../../host/session/ask-digests.js';
import type { StubSession } from '../../host/session/stub-session.js';

interface Question {
  readonly ranges: readonly number[];
}

const ranges = Array.from({ length: 600 }, (_, index) => ({ address: 0x0800_0000 + 32 * index, length: 32 }));

/** A stub whose digests are the addresses; of the questions sent, those are lost that have more than `mostRanges`. */
function sessionWith({ mostRanges }: { readonly mostRanges: number }) {
  const questions: number[] = [];
  const ask = (_: string, values: (attempt: number) => Question) => {
    for (let attempt = 0; ; attempt++) {
      const { ranges: asked } = values(attempt);
      questions.push(asked.length / 2);
      if (asked.length / 2 <= mostRanges) return Promise.resolve({ digests: asked.filter((__, index) => index % 2 === 0) });
    }
  };
  return { questions, session: { ask } as unknown as StubSession };
}

test('more ranges than fit into one question are asked for in several, in order', async () => {
  const { session, questions } = sessionWith({ mostRanges: 256 });
  expect(await askDigests(session, ranges)).toEqual(ranges.map(({ address }) => address));
  expect(questions).toEqual([LIMITS.maxRanges.value, LIMITS.maxRanges.value, 600 - 2 * LIMITS.maxRanges.value]);
});

test('a question that gets no answer gets shorter, and the others stay as short', async () => {
  const { session, questions } = sessionWith({ mostRanges: 70 });
  expect(await askDigests(session, ranges)).toEqual(ranges.map(({ address }) => address));
  expect(questions).toEqual([256, 128, 64, 64, 64, 64, 64, 64, 64, 64, 64, 24]);
});
