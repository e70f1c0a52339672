/** A sample of what `make soak` tries at every frame: the connection ends, the job goes on where it was, and little is sent twice. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { breakConnection, cleanRun, ENDINGS, type CleanRun } from '../soak/broken-connection.js';

const SHARES = Array.from({ length: 8 }, ((random) => () => random.fraction())(new Random(2)));

describe.each(ENDINGS)('a connection that ends by %s', (ending) => {
  let clean: CleanRun;
  beforeAll(async () => {
    clean = await cleanRun();
  });

  test.each(SHARES)('after %f of the bytes from the host costs no more than it must', async (share) => {
    expect((await breakConnection(ending, 1 + Math.floor(share * clean.bytes), clean)).wrong).toBeUndefined();
  });

  test('between two frames, too', async () => {
    const { frames } = clean;
    for (const at of [frames[0]!, frames[1]!, frames.at(-1)!]) expect((await breakConnection(ending, at + 1, clean)).wrong).toBeUndefined();
  });
});
