/** Where nothing is wrong nothing is found, whatever the network, the bootloader, the rate; and the next job begins at once. */
import { describe, expect, test } from 'vitest';
import { LINK_PROFILES } from '../../host/board/link-profiles.js';
import { ROM_VERSIONS } from '../../host/board/rom/rom-versions.js';
import { knownRomBugs } from '../../host/device/rom-bugs.js';
import { examined, flashesAtOnce, promisedMs } from './examined.js';

/** What a profile itself brings along, now and then: it is told, and nothing else is. */
const OF_THEIR_OWN: Readonly<Record<string, readonly string[]>> = { 'wifi-esp': ['bytes-lost'] };
const SEEDS = [1, 2];
const CHIPS = { H74x: 'STM32H743xI', H72x: 'STM32H723xG', H7Ax: 'STM32H7A3xI' } as const;

describe('nothing is found', () => {
  const links = Object.keys(LINK_PROFILES).flatMap((profile) => ['tcp', 'udp'].flatMap((transport) => SEEDS.map((seed) => ({ profile, transport, seed }))));

  test.each(links)('over $profile, $transport, seed $seed', async ({ profile, transport, seed }) => {
    const result = await examined(`profile=${profile}&transport=${transport}&seed=${seed}`);
    expect(result.names.filter((name) => !OF_THEIR_OWN[profile]?.includes(name))).toEqual([]);
    expect(result.diagnosis.facts.rdpLevel).toBe(0);
    // A datagram that is lost costs the patience that its network deserves.
    if (transport === 'tcp') expect(result.tookMs).toBeLessThan(promisedMs(result));
  });

  test.each(ROM_VERSIONS.map(({ family, bootloaderId }) => ({ family, bootloader: `0x${bootloaderId.toString(16)}`, bootloaderId })))(
    'of bootloader $bootloader of $family, and a job begins at once',
    async ({ family, bootloader, bootloaderId }) => {
      const result = await examined(`chip=${CHIPS[family]}&bootloader=${bootloader}`);
      expect(result.names).toEqual([]);
      expect(result.diagnosis.facts).toMatchObject({ romVersion: bootloaderId, protocolVersion: 0x31, romBugs: knownRomBugs(family, bootloaderId) });
      // The one that cannot start programs resets instead.
      if (bootloader !== '0xd2') expect(await flashesAtOnce(result)).toBe(true);
    },
  );

  test.each([1200, 9600, 57_600, 230_400, 921_600])('at %i baud, which is measured', async (baud) => {
    const result = await examined(`baud=${baud}`);
    expect(result.names).toEqual([]);
    expect(result.diagnosis.facts.bitRate).toEqual({ believed: baud, measured: baud });
    expect(result.tookMs).toBeLessThan(promisedMs(result));
  });

  test.each(['pins=PB14/PB15', 'pins=PB10/PB11', 'rtt=2s', 'rtt=8s', 'packing-interval=10ms', 'buffer=1024&back-pressure=no', 'buffer=512'])('with %s, and a job begins at once', async (query) => {
    const result = await examined(query);
    expect(result.names).toEqual([]);
    expect(await flashesAtOnce(result)).toBe(true);
  });
});

describe('measured is', () => {
  test('the round trip, by least, median and most of its samples', async () => {
    const { roundTrip } = (await examined('rtt=300ms&jitter=40ms')).diagnosis.facts;
    expect(roundTrip!.samples).toBeGreaterThan(10);
    expect(roundTrip!.minMs).toBeGreaterThan(250);
    expect(roundTrip!.minMs).toBeLessThan(roundTrip!.medianMs);
    expect(roundTrip!.medianMs).toBeLessThan(roundTrip!.maxMs);
    expect(Math.abs(roundTrip!.medianMs - 300)).toBeLessThan(40);
  });

  test.each([2, 10, 20])('a packing interval of %i ms, too short to be a trouble', async (interval) => {
    const { diagnosis, names } = await examined(`packing-interval=${interval}ms`);
    expect(names).toEqual([]);
    expect(Math.abs(diagnosis.facts.holdingMs! - interval)).toBeLessThan(0.5);
  });

  test('a buffer of 1 KiB, which is enough', async () => {
    const { diagnosis } = await examined('buffer=1024&back-pressure=no');
    expect(diagnosis.facts.burst).toEqual({ sentBytes: 1460, arrivedBytes: 1024 });
  });
});
