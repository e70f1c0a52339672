/** A network that takes its time. */
import { afterAll, describe, expect, it } from 'vitest';
import { networkFaults } from '../../../host/board/faults/network-faults.js';
import { msToTicks } from '../../../host/board/time.js';
import { ACK, faultsTried, withFault, wireTap } from './fault-bench.js';

describe('network faults', () => {
  it('delayed-ack lets the first byte of an answer through and the others wait for its acknowledgement', () => {
    const { exchange } = withFault('delayed-ack=200ms', 'packing-length=1&rtt=20ms');
    exchange([0x7f], 500);
    expect(exchange([0x02, 0xfd], 100)).toEqual([ACK]);
    expect(exchange([], 200)).toEqual([1, 0x04, 0x50, ACK]);
  });

  it('coalesce makes a small exchange wait once in each direction', () => {
    const { exchange } = withFault('coalesce=100ms', 'rtt=20ms');
    expect(exchange([0x7f], 215)).toEqual([]);
    expect(exchange([], 10)).toEqual([ACK]);
  });

  it('coalesce loses nothing of what is sent before the end', () => {
    const { world, connection } = withFault('coalesce=100ms', 'rtt=20ms');
    const seen = wireTap(world);
    connection.send(Uint8Array.of(1, 2, 3), world.now);
    connection.close(world.now);
    world.run(world.now + msToTicks(50));
    expect(seen).toEqual([1, 2, 3]);
  });

  it('sleep makes the first packet after a quiet time late', () => {
    const { exchange } = withFault('sleep=100ms/300ms', 'rtt=20ms');
    expect(exchange([0x7f], 119)).toEqual([]);
    expect(exchange([], 205)).toEqual([ACK]);
  });
});

afterAll(() => {
  expect(faultsTried()).toEqual(Object.keys(networkFaults).sort());
});
