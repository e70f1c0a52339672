/** What UDP does to datagrams. */
import { afterAll, describe, expect, it } from 'vitest';
import { datagramFaults } from '../../../host/board/faults/datagram-faults.js';
import { msToTicks } from '../../../host/board/time.js';
import { ACK, faultsTried, withFault, wireTap } from './fault-bench.js';

describe('datagram faults', () => {
  /** The numbers of two hundred one-byte datagrams as they reach the board. */
  function through(spec: string): number[] {
    const { world, connection } = withFault(spec, 'transport=udp&rtt=20ms');
    const seen = wireTap(world);
    for (let at = 0; at < 200; at++) {
      connection.send(Uint8Array.of(at), world.now);
      world.run(world.now + msToTicks(5));
    }
    world.run(world.now + msToTicks(500));
    return seen;
  }

  const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

  it('udp-loss, udp-duplicate and udp-reorder do what they say', () => {
    const lossy = through('udp-loss=20');
    expect(lossy.length).toBeGreaterThan(140);
    expect(lossy.length).toBeLessThan(180);
    expect(lossy).toEqual(sorted(lossy));
    const double = through('udp-duplicate=20');
    expect(new Set(double).size).toBe(200);
    expect(double.length).toBeGreaterThan(220);
    const mixed = through('udp-reorder=4');
    expect(mixed).not.toEqual(sorted(mixed));
    expect(new Set(mixed).size).toBe(200);
  });

  it('are refused over TCP, with the way to UDP', () => {
    expect(() => withFault('udp-loss=1')).toThrow(/only over UDP/);
  });

  it('have no connection to end: answers go to whom the converter heard last', () => {
    const { world, connection, exchange } = withFault('udp-loss=0', 'transport=udp&rtt=20ms');
    expect(exchange([0x7f])).toEqual([ACK]);
    const other = world.connect();
    other?.send(Uint8Array.of(0x02, 0xfd), world.now);
    world.run(world.now + msToTicks(100));
    expect(connection.take()).toEqual([]);
    expect(other?.take()).toEqual([Uint8Array.of(ACK, 1, 0x04, 0x50, ACK)]);
    expect(exchange([0x01, 0xfe])[0]).toBe(ACK);
    connection.close(world.now);
    world.run(world.now + msToTicks(1000));
    expect(world.client).toBe(connection);
  });
});

afterAll(() => {
  expect(faultsTried()).toEqual(Object.keys(datagramFaults).sort());
});
