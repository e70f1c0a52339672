/** The connection breaks while the stub works: the host makes another and goes on where the stub is. */
import { describe, expect, test } from 'vitest';
import { blobOf, readManifest } from '../../host/blobs/manifest.js';
import { LIMITS } from '../../host/protocol/wire.js';
import { fillFlash, flashedOver, flashOf, incompressible, openBoard, runJob, statistics } from './virtual-board.js';

const IMAGE = incompressible(48 * 1024, 7);
/** Bytes from the host before the stream begins, about: sync, Get ID, loader, its calls, the stub in chunks. */
const STUB_BYTES = blobOf(readManifest(), 'stub').bytes.length;
const STREAM_BEGINS_AT = 1450 + Math.ceil(STUB_BYTES / LIMITS.loaderChunkBytes.value) * (LIMITS.loaderChunkBytes.value + 16);

async function flashThrough(fault: string) {
  const link = await openBoard(`rtt=200ms&${fault}`);
  const before = fillFlash(link, 3, 0x2000);
  const expected = flashedOver(before, IMAGE, link);
  const job = await runJob(IMAGE, link, { after: 'stay' });
  expect(Buffer.compare(flashOf(link), expected)).toBe(0);
  return { ...job, boots: statistics(link).boots };
}

describe.each(['reset', 'close', 'silence'])('a connection that ends by %s', (ending) => {
  test.each([1, 13_001, 43_000])('%d bytes into the stream is made again; the stub is not loaded twice and little is sent twice', async (bytes) => {
    const { report, boots } = await flashThrough(`fault=${ending}=${STREAM_BEGINS_AT + bytes}`);
    expect(report.outcome).toBe('flashed');
    expect(report.details.reconnects).toBeGreaterThanOrEqual(1);
    expect(boots.go).toBe(1);
    // Until a dead connection is noticed, at most one window is sent into nothing; a broken one is noticed at once.
    expect(report.details.repeatedBytes).toBeLessThanOrEqual(ending === 'silence' ? report.details.streamBytes! : 16_384);
  });
});

test('a converter that takes a dead client for a living one is waited for', async () => {
  const { report, events } = await flashThrough('fault=reset=20000&fault=ghost=45s');
  expect(report.outcome).toBe('flashed');
  expect(report.details.seconds).toBeGreaterThan(45);
  expect(events.filter((event) => event.type === 'warning').map((event) => event.text).join('\n')).toContain('has a client already');
});

test('when the budget is spent the job fails with kind link', async () => {
  const link = await openBoard('rtt=200ms&fault=reset=20000&fault=ghost=7min');
  await expect(runJob(IMAGE, link, { retryBudgetMs: 30_000 })).rejects.toMatchObject({ kind: 'link', message: expect.stringContaining('gave up after') });
});

test('a board that was reset meanwhile is given up, not waited for as long as the budget', async () => {
  const link = await openBoard('rtt=200ms&fault=board-reset=9s');
  await expect(runJob(IMAGE, link)).rejects.toMatchObject({ kind: 'link', message: expect.stringMatching(/has not been heard|the stub is gone/) });
});
