/** Connections that end, and converters that do not notice. */
import { afterAll, describe, expect, it } from 'vitest';
import { connectionFaults } from '../../../host/board/faults/connection-faults.js';
import { msToTicks } from '../../../host/board/time.js';
import { ACK, faultsTried, withFault, wireTap } from './fault-bench.js';

describe('connection faults', () => {
  it.each([['reset', 'reset'], ['close', 'finished']] as const)('%s ends the connection after exactly so many bytes', (name, ending) => {
    const { world, connection, exchange } = withFault(`${name}=10`);
    const seen = wireTap(world);
    exchange([1, 2, 3, 4, 5, 6, 7]);
    expect(connection.ending).toBeUndefined();
    exchange([8, 9, 10, 11, 12]);
    expect(connection.ending).toBe(ending);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(world.connect()).toBeDefined();
  });

  it('silence tells nobody', () => {
    const { world, connection, exchange } = withFault('silence=1');
    const seen = wireTap(world);
    expect(exchange([0x7f, 0x7f], 10_000)).toEqual([]);
    expect(connection.ending).toBeUndefined();
    expect(seen).toEqual([0x7f]);
  });

  it('ghost keeps the converter locked for its time after a break', () => {
    const { world, exchange } = withFault('ghost=2min', 'fault=reset%3D1');
    exchange([0x7f]);
    expect(world.connect()).toBeUndefined();
    world.run(world.now + msToTicks(119_000));
    expect(world.connect()).toBeUndefined();
    world.run(world.now + msToTicks(1000));
    expect(world.connect()).toBeDefined();
  });

  it('idle-close ends a connection on which the board is silent, and no other', () => {
    const { connection, exchange } = withFault('idle-close=3s');
    exchange([0x7f], 2500);
    exchange([0x02, 0xfd], 2500);
    expect(connection.ending).toBeUndefined();
    exchange([], 600);
    expect(connection.ending).toBe('finished');
  });

  it('nat-timeout forgets a connection on which nobody said anything, and tells nobody', () => {
    const { connection, exchange } = withFault('nat-timeout=10s');
    const chatter = withFault('nat-timeout=10s');
    for (let second = 0; second < 12; second += 4) chatter.exchange([0x42], 4000);
    expect(exchange([0x7f], 9000)).toEqual([ACK]);
    expect(exchange([], 2000)).toEqual([]);
    expect(exchange([0x02, 0xfd], 100)).toEqual([]);
    expect(connection.ending).toBeUndefined();
    expect(chatter.world.client).toBe(chatter.connection);
  });

  it('idle-reboot is noticed only by silence, and by a converter that is away for a while', () => {
    const { world, connection, exchange } = withFault('idle-reboot=5s');
    expect(exchange([0x7f], 6000)).toEqual([ACK]);
    expect(exchange([0x02, 0xfd], 1000)).toEqual([]);
    expect(connection.ending).toBeUndefined();
    expect(world.connect()).toBeUndefined();
    world.run(world.now + msToTicks(10_000));
    expect(world.connect()).toBeDefined();
  });

  it('mtu-hole passes small segments and gets stuck behind a large one', () => {
    const { world, exchange } = withFault('mtu-hole=1300');
    const seen = wireTap(world);
    exchange(new Array<number>(1300).fill(1), 200);
    expect(seen.length).toBe(1300);
    exchange(new Array<number>(1301).fill(2), 200);
    exchange([3], 200);
    expect(seen.length).toBe(1300);
  });
});

afterAll(() => {
  expect(faultsTried()).toEqual(Object.keys(connectionFaults).sort());
});
