/**
 * The main job over UDP: datagrams get lost, come twice, and out of order.
 *
 * A call of the stub that the network doubles arrives while the stub checks itself, and overruns its receiver. The stub clears that when it
 * begins to listen, and nobody can keep a network from doubling: so this one violation is tolerated here.
 */
import { describe, expect, test } from 'vitest';
import { StageFlashError } from '../../host/errors.js';
import type { JobEvent } from '../../host/events.js';
import { lineTimeMs } from '../../host/link/line-settings.js';
import { fixedBytes } from '../../host/protocol/fields.js';
import { LOADER_FRAME } from '../../host/protocol/wire.js';
import { fillFlash, firstDifference, flashedOver, flashOf, incompressible, openBoard, runJob } from './virtual-board.js';

/** Of each sector: some of it lies beside the image, and stays. */
const OTHERS_BYTES = 0x2000;
const BAD_NETWORK = 'chip=STM32H743xG&transport=udp&rtt=600ms&fault=udp-loss=2,udp-duplicate=1,udp-reorder=8&tolerate=usart-overrun';

async function flashOverUdp(query: string, lengthBytes: number, seed: number) {
  const link = await openBoard(`${query}&seed=${seed}`);
  const image = incompressible(lengthBytes, seed);
  const expected = flashedOver(fillFlash(link, seed + 1000, OTHERS_BYTES), image, link);
  const job = await runJob(image, link);
  expect(firstDifference(flashOf(link), expected), query).toBeUndefined();
  return { link, ...job };
}

/** From the first of the data until it is all executed. */
function streamSeconds(events: readonly JobEvent[]): number {
  const beganMs = events.find((event) => event.type === 'phase' && event.phase === 'stream')?.atMs ?? NaN;
  const endedMs = events.find((event) => event.type === 'phase' && ['prove', 'reset'].includes(event.phase))?.atMs ?? NaN;
  return (endedMs - beganMs) / 1000;
}

test('over a network that loses 2 %, doubles 1 % and reorders by eight, 512 KiB take no more than the line needs and a tenth', { timeout: 120_000 }, async () => {
  const { link, report, events } = await flashOverUdp(BAD_NETWORK, 512 * 1024, 1);
  const lineSeconds = lineTimeMs(512 * 1024, link.line) / 1000;
  expect(lineSeconds / streamSeconds(events)).toBeGreaterThan(0.9);
  // What is sent again is what was lost, and hardly more.
  expect(report.details.repeatedBytes).toBeLessThan(0.03 * 512 * 1024);
});

describe('whatever the network does to which datagram', () => {
  test.each(Array.from({ length: 12 }, (_, index) => index + 1))('seed %i', async (seed) => {
    await flashOverUdp(BAD_NETWORK, 5000, seed);
  });
});

test('the call of the stub waits until all other chunks are answered', async () => {
  const link = await openBoard('chip=STM32H743xG&transport=udp&rtt=600ms&fault=udp-reorder=8');
  const calls: boolean[] = [];
  const send = link.send.bind(link);
  link.send = (bytes) => {
    // PROTOCOL.md §2: bit 8 of control at offset 8.
    if (bytes.length === fixedBytes(LOADER_FRAME.fields)) calls.push((bytes[9]! & 1) === 1);
    return send(bytes);
  };
  const before = fillFlash(link, 1001, OTHERS_BYTES);
  await runJob(incompressible(1000), link);
  expect(firstDifference(flashOf(link), flashedOver(before, incompressible(1000), link))).toBeUndefined();
  expect(calls.filter((isCall) => isCall)).toHaveLength(1);
  expect(calls.at(-1)).toBe(true);
});

test.each(['rtt=1ms', 'rtt=2s&jitter=1s', 'rtt=100ms&buffer=1024&back-pressure=no'])('a network that only takes its time: %s', async (query) => {
  const { report } = await flashOverUdp(`chip=STM32H743xG&transport=udp&${query}`, 50_000, 3);
  expect(report.details.repeatedBytes).toBeLessThan(0.02 * 50_000);
});

test('--direct is refused before anything is sent: content of a datagram that comes twice would be taken for commands', async () => {
  const link = await openBoard('transport=udp');
  const before = fillFlash(link, 1, OTHERS_BYTES);
  await expect(runJob(incompressible(1000), link, { direct: true })).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('--direct') as string } satisfies Partial<StageFlashError>);
  expect(firstDifference(flashOf(link), before)).toBeUndefined();
});
