/** Bytes that change, vanish or appear on the way. */
import { afterAll, describe, expect, it } from 'vitest';
import { streamFaults } from '../../../host/board/faults/stream-faults.js';
import { msToTicks } from '../../../host/board/time.js';
import type { Session } from './fault-bench.js';
import { ACK, faultsTried, withFault, wireTap } from './fault-bench.js';

const text = (bytes: readonly number[]): string => String.fromCharCode(...bytes);

describe('stream faults', () => {
  it.each([
    ['ff-doubled=line', [0x01, 0xff, 0x02], [0x01, 0xff, 0xff, 0x02]],
    ['ff-stripped', [0x01, 0xff, 0xff, 0x02], [0x01, 0x02]],
    ['xonxoff', [0x10, 0x11, 0x12, 0x13, 0x14], [0x10, 0x12, 0x14]],
  ])('%s changes what reaches the board', (spec, sent, arrives) => {
    const { world, exchange } = withFault(spec);
    const seen = wireTap(world);
    exchange(sent);
    expect(seen).toEqual(arrives);
  });

  it('ff-doubled=network doubles what the board says, and leaves the other way alone', () => {
    const { world, exchange } = withFault('ff-doubled=network');
    const seen = wireTap(world);
    exchange([0x7f]);
    exchange([0x11, 0xee]);
    exchange([0x08, 0x00, 0x00, 0x00, 0x08]);
    expect(exchange([0x01, 0xfe])).toEqual([ACK, 0xff, 0xff, 0xff, 0xff]);
    expect(seen.filter((byte) => byte === 0xff)).toEqual([]);
  });

  it('xonxoff leaves Get and Get ID alive and kills Read Memory', () => {
    const { exchange } = withFault('xonxoff');
    expect(exchange([0x7f])).toEqual([ACK]);
    expect(exchange([0x02, 0xfd])).toEqual([ACK, 1, 0x04, 0x50, ACK]);
    expect(exchange([0x11, 0xee])).toEqual([]);
  });

  it('xoff-obeyed holds what goes to the board from its 0x13 to its 0x11, or to the next connection, and passes neither on', () => {
    const { world, exchange } = withFault('xoff-obeyed');
    const seen = wireTap(world);
    const boardSays = (...bytes: number[]): void => world.converter.sendPacket(Uint8Array.from(bytes), world.now);
    boardSays(0x01, 0x13, 0x02);
    expect(exchange([0x7f])).toEqual([0x01, 0x02]);
    expect(seen).toEqual([]);
    boardSays(0x11);
    expect(exchange([])).toEqual([ACK]);
    expect(seen).toEqual([0x7f]);
    boardSays(0x11, 0x13);
    expect(exchange([0x02, 0xfd])).toEqual([]);
    for (const connected of world.onConnected) connected(world.client!, world.now);
    expect(exchange([0x02, 0xfd])).toEqual([ACK, 1, 0x04, 0x50, ACK]);
  });

  it('lose drops about its share of the bytes', () => {
    const { world, exchange } = withFault('lose=5');
    const seen = wireTap(world);
    exchange(new Array<number>(20_000).fill(0x42), 3000);
    expect(seen.length).toBeGreaterThan(18_800);
    expect(seen.length).toBeLessThan(19_200);
    expect(new Set(seen)).toEqual(new Set([0x42]));
  });

  it('flip turns one bit of about its share of the bytes', () => {
    const { world, exchange } = withFault('flip=5');
    const seen = wireTap(world);
    exchange(new Array<number>(20_000).fill(0), 3000);
    expect(seen.length).toBe(20_000);
    const flipped = seen.filter((byte) => byte !== 0);
    expect(flipped.length).toBeGreaterThan(800);
    expect(flipped.length).toBeLessThan(1200);
    expect(new Set(flipped).size).toBe(8);
  });

  it('prefix puts its text before every packet', () => {
    const { exchange } = withFault('prefix=ID7:');
    expect(text(exchange([0x7f]))).toBe('ID7:\x79');
    expect(text(exchange([0x02, 0xfd]))).toMatch(/^ID7:\x79/);
  });

  it('banner greets the client', () => {
    const { exchange } = withFault('banner=hello');
    expect(text(exchange([]))).toBe('hello\r\n');
  });

  it('stale-cache keeps what the board says to nobody for the next client', () => {
    const { world, connection, exchange } = withFault('stale-cache');
    expect(exchange([0x7f])).toEqual([ACK]);
    connection.send(Uint8Array.of(0x02, 0xfd), world.now);
    connection.close(world.now);
    world.run(world.now + msToTicks(100));
    const next = world.connect();
    world.run(world.now + msToTicks(100));
    expect(next?.take().flatMap((chunk) => [...chunk])).toEqual([ACK, 1, 0x04, 0x50, ACK]);
  });

  it('heartbeat-network reaches the host, heartbeat-line the board', () => {
    expect(text(withFault('heartbeat-network=2s').exchange([], 5100))).toBe('HEARTBEATHEARTBEATHEARTBEAT');
    const { world, exchange } = withFault('heartbeat-line=2s');
    const seen = wireTap(world);
    exchange([], 1500);
    expect(text(seen)).toBe('HEARTBEAT');
  });

  it('second-client puts a foreign request into the stream of commands', () => {
    const { world, exchange } = withFault('second-client=2s');
    const seen = wireTap(world);
    exchange([], 1500);
    expect(seen).toEqual([0x01, 0x03, 0x00, 0x00, 0x00, 0x0a, 0xc5, 0xcd]);
  });

  it('echo brings back what was sent, before the answer', () => {
    expect(withFault('echo').exchange([0x7f])).toEqual([0x7f, ACK]);
  });
});

describe('a GSM terminal with an escape', () => {
  /** The board says something. */
  function say({ world, exchange }: Session, bytes: readonly number[], ms = 100): number[] {
    world.converter.receiveRun({ bytes: Uint8Array.from(bytes), startTick: world.now, format: world.converter.line });
    return exchange([], ms);
  }

  it('passes everything up to DLE ETX and nothing behind it, either way', () => {
    const session = withFault('modem-escape=0x03');
    const seen = wireTap(session.world);
    expect(say(session, [1, 2, 0x10, 0x04, 0x03])).toEqual([1, 2, 0x10, 0x04, 0x03]);
    expect(say(session, [5, 6, 0x10, 0x03, 7])).toEqual([5, 6]);
    expect(say(session, [8])).toEqual([]);
    session.exchange([9]);
    expect(seen).toEqual([]);
    session.connection.close(session.world.now);
    session.world.run(session.world.now + msToTicks(100));
    const next = session.world.connect();
    session.world.converter.receiveRun({ bytes: Uint8Array.of(10), startTick: session.world.now, format: session.world.converter.line });
    session.world.run(session.world.now + msToTicks(100));
    expect(next?.take()).toEqual([Uint8Array.of(10)]);
  });

  it('obeys +++ by itself after a second of quiet, not +++ in the middle of things', () => {
    const plus = [...'+++'].map((letter) => letter.charCodeAt(0));
    const session = withFault('modem-escape');
    expect(say(session, [1, ...plus], 100)).toEqual([1, ...plus]);
    expect(say(session, plus, 2000)).toEqual(plus);
    expect(say(session, plus)).toEqual([]);
    expect(say(session, [2])).toEqual([]);
  });
});

afterAll(() => {
  expect(faultsTried()).toEqual(Object.keys(streamFaults).sort());
});
