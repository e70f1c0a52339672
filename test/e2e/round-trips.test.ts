/** What the distance costs before the first data: counted in round trips, by the same job at two distances. */
import { describe, expect, test } from 'vitest';
import { encodeFrame } from '../../host/protocol/frame.js';
import { incompressible, openBoard, runJob } from './virtual-board.js';

/** Both so near that the patience with a silent pin does not depend on the distance (host/bootloader/synchronise.ts). */
const NEAR_MS = 100;
const FAR_MS = 600;
/** The loader looks for its line at five pins, one slot each, and 0x7F comes once a slot: where both are is chance. */
const SEARCH_MS = 6 * 26;

/** Magic and type: how every DATA frame begins. */
const DATA_BEGINS = encodeFrame({ type: 2, token: 0, offset: 0, payload: new Uint8Array(0) }).subarray(0, 3);

/** From the first byte that the host sends to the first byte of DATA that it sends. */
async function msToFirstData(query: string, rttMs: number): Promise<number> {
  const link = await openBoard(`chip=STM32H743xG&rtt=${rttMs}ms&${query}`);
  const startMs = link.now();
  let dataMs: number | undefined;
  const send = link.send.bind(link);
  link.send = (bytes) => {
    if (dataMs === undefined && DATA_BEGINS.every((byte, at) => bytes[at] === byte)) dataMs = link.now();
    return send(bytes);
  };
  await runJob(incompressible(300), link);
  if (dataMs === undefined) throw new Error('no DATA was sent');
  return dataMs - startMs;
}

describe('round trips from the first byte sent to the first data', () => {
  test.each([
    ['the newest ROM', '', 12],
    ['a ROM that resets nothing at Go', 'rom-resets=no', 12],
    ['another seed', 'seed=7', 12],
    ['a slow line', 'baud=9600', 12],
    ['ROM 0x90, whose first ACK of Go never comes', 'bootloader=0x90', 13],
    ['pins that want 0x7F twice', 'pins=PB14/PB15', 13],
  ])('%s', async (_, query, most) => {
    const [near, far] = [await msToFirstData(query, NEAR_MS), await msToFirstData(query, FAR_MS)];
    expect(far - near).toBeLessThanOrEqual(most * (FAR_MS - NEAR_MS) + SEARCH_MS);
    expect(far - near).toBeGreaterThan((most - 3) * (FAR_MS - NEAR_MS));
  });

  test('nothing else takes long: little more than a second at 115200 baud, most of it the stub’s bytes', async () => {
    expect(await msToFirstData('', FAR_MS)).toBeLessThan(12 * FAR_MS + 1200);
  });
});
