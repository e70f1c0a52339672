import { expect, test } from 'vitest';
import { LIMITS } from '../../host/protocol/wire.js';
import { askDigests } from '../../host/session/ask-digests.js';
import type { StubSession } from '../../host/session/stub-session.js';

test('more ranges than fit into one question are asked for in several, in order', async () => {
  const questions: number[] = [];
  const session = {
    ask: (_: string, { ranges }: { readonly ranges: readonly number[] }) => {
      questions.push(ranges.length / 2);
      return Promise.resolve({ digests: ranges.filter((__, index) => index % 2 === 0) });
    },
  } as unknown as StubSession;
  const ranges = Array.from({ length: 600 }, (_, index) => ({ address: 0x0800_0000 + 32 * index, length: 32 }));
  expect(await askDigests(session, ranges)).toEqual(ranges.map(({ address }) => address));
  expect(questions).toEqual([LIMITS.maxRanges.value, LIMITS.maxRanges.value, 600 - 2 * LIMITS.maxRanges.value]);
});
