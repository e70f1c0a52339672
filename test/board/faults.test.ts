import { afterAll, describe, expect, it } from 'vitest';
import { parseBoardOptions } from '../../host/board/board-options.js';
import type { Connection } from '../../host/board/connection.js';
import { createWorld } from '../../host/board/create-world.js';
import { FAULTS } from '../../host/board/faults.js';
import { msToTicks } from '../../host/board/time.js';
import type { World } from '../../host/board/world.js';
import { StageFlashError } from '../../host/errors.js';

const ACK = 0x79;
const tested = new Set<string>();

interface Session {
  readonly world: World;
  readonly connection: Connection;
  /** Sends, waits `ms` and returns what has arrived at the host. */
  readonly exchange: (bytes: readonly number[], ms?: number) => number[];
}

/** A board with this fault that has been on for a second, and a client. */
function withFault(spec: string, more = ''): Session {
  tested.add(spec.split('=')[0] ?? '');
  const world = createWorld(parseBoardOptions(new URLSearchParams(`fault=${encodeURIComponent(spec)}&${more}`)));
  world.run(msToTicks(1000));
  const connection = world.connect();
  if (connection === undefined) throw new Error('no connection');
  const exchange = (bytes: readonly number[], ms = 100): number[] => {
    connection.send(Uint8Array.from(bytes), world.now);
    world.run(world.now + msToTicks(ms));
    return connection.take().flatMap((chunk) => [...chunk]);
  };
  return { world, connection, exchange };
}

/** What reaches the board's wire. */
function wireTap(world: World): number[] {
  const seen: number[] = [];
  const lineIn = world.board.lineIn.bind(world.board);
  world.board.lineIn = (run) => {
    seen.push(...run.bytes);
    lineIn(run);
  };
  return seen;
}

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

  it('sync-pattern swallows a valid pattern and changes the rate, and passes one with a wrong checksum', () => {
    const { world, exchange } = withFault('sync-pattern');
    const seen = wireTap(world);
    const wrong = [0x55, 0xaa, 0x55, 0x01, 0xc2, 0x00, 0x1b, 0xdf];
    exchange([1, ...wrong, 2]);
    expect(seen).toEqual([1, ...wrong, 2]);
    world.board.pressReset();
    world.run(world.now + msToTicks(100));
    exchange([3, 0x55, 0xaa, 0x55, 0x00, 0x25, 0x80, 0x1b, 0xc0, 4]);
    expect(seen.slice(10)).toEqual([3, 4]);
    const runs: number[] = [];
    const lineIn = world.board.lineIn.bind(world.board);
    world.board.lineIn = (run) => {
      runs.push(run.format.baudRate);
      lineIn(run);
    };
    exchange([5]);
    expect(runs).toEqual([9600]);
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

describe('serial faults', () => {
  /** What goes over the board's wire, as [rate, parity]. */
  function formats({ world, exchange }: Session): unknown[] {
    const seen: unknown[] = [];
    const lineIn = world.board.lineIn.bind(world.board);
    world.board.lineIn = (run) => {
      seen.push([run.format.baudRate, run.format.parity]);
      lineIn(run);
    };
    exchange([0x7f]);
    return seen;
  }

  it('baud and parity set the converter apart from what the host believes, in any order', () => {
    expect(formats(withFault('baud=9600'))).toEqual([[9600, 'even']]);
    expect(formats(withFault('parity=none', 'fault=baud%3D57600'))).toEqual([[57_600, 'none']]);
    expect(formats(withFault('baud=57600', 'fault=parity%3Dodd'))).toEqual([[57_600, 'odd']]);
  });

  it('parity=none has the signature of an 8N1 converter: 0x7F is answered, a command only with a gap in it', () => {
    const hasty = withFault('parity=none');
    expect(hasty.exchange([0x7f])).toEqual([ACK]);
    expect(hasty.exchange([0x02, 0xfd])).not.toContain(ACK);
    const slow = withFault('parity=none');
    slow.exchange([0x7f]);
    slow.exchange([0x02], 20);
    expect(slow.exchange([0xfd])[0]).toBe(ACK);
  });
});

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

describe('datagram faults', () => {
  /** The numbers of a thousand one-byte datagrams as they reach the board. */
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

describe('board faults', () => {
  /** Writes 256 bytes to the start of flash: eight program operations of 100 µs. */
  function writeFlash({ exchange }: Session): void {
    exchange([0x7f]);
    exchange([0x31, 0xce]);
    exchange([0x08, 0x00, 0x00, 0x00, 0x08]);
    exchange([0xff, ...new Array<number>(256).fill(0x5a), 0xff], 1500);
  }

  const firstReads = ({ world }: Session, offset: number): string[] =>
    Array.from({ length: 40 }, () => {
      const { ecc, bytes } = world.board.chip.flash.readWord(0, offset, world.now);
      return ecc === 'failed' ? 'failed' : bytes.every((byte) => byte === 0x5a) ? 'new' : bytes.every((byte) => byte === 0xff) ? 'old' : 'mixed';
    });

  it('power-cut cuts the Nth flash operation and the board comes back into the ROM with other RAM', () => {
    const session = withFault('power-cut@flash-op=3');
    const { world } = session;
    const ramAt = (): number => world.board.chip.read(0x24010000, 4, world.now);
    const before = ramAt();
    writeFlash(session);
    expect(world.boardEvents.map(({ kind }) => kind)).toEqual(['rom', 'off', 'rom']);
    expect(ramAt()).not.toBe(before);
    const { flash } = world.board.chip;
    expect([0, 32, 64, 96].map((offset) => flash.stateAt(0x08000000 + offset))).toEqual(['programmed', 'programmed', 'damaged', 'erased']);
  });

  it.each([
    ['before', ['old']],
    ['middle', ['failed', 'mixed', 'new', 'old']],
    ['late', ['new']],
  ])('power-cut %s a flash word is done leaves what that means, for every seed', (moment, outcomes) => {
    for (let seed = 1; seed <= 5; seed++) {
      const session = withFault(`power-cut@flash-op=2:${moment}`, `seed=${seed}`);
      writeFlash(session);
      expect(new Set(firstReads(session, 32))).toEqual(new Set(outcomes));
    }
  });

  it('power-cut hits an erase as a whole sector', () => {
    const session = withFault('power-cut@flash-op=1:middle');
    session.exchange([0x7f]);
    session.exchange([0x44, 0xbb]);
    session.exchange([0x00, 0x00, 0x00, 0x01, 0x01], 3000);
    const { flash } = session.world.board.chip;
    expect([0x0801ffe0, 0x08020000, 0x0803ffe0, 0x08040000].map((address) => flash.stateAt(address))).toEqual(['erased', 'damaged', 'damaged', 'erased']);
  });

  it('power-cut may be planted more than once', () => {
    const session = withFault('power-cut@flash-op=1', 'fault=power-cut@flash-op%3D2&tolerate=flash-word-not-erased');
    writeFlash(session);
    writeFlash(session);
    expect(session.world.boardEvents.map(({ kind }) => kind)).toEqual(['rom', 'off', 'rom', 'off', 'rom']);
  });

  it.each([
    ['boot0=high', 'rom'],
    ['boot0=low', 'lockup'],
    ['boot0=pulse', 'lockup'],
    ['boot0=low&boot-add0=0x1FF0', 'rom'],
    ['boot0=high&boot-add1=0x0800', 'lockup'],
  ])('power-cut ends where the boot address points: %s', (query, kind) => {
    const session = withFault('power-cut@flash-op=1', query);
    const { board } = session.world;
    // The operation is begun from outside: the subject is what comes after it.
    board.chip.flash.onOperation?.({ kind: 'program', bank: 0, address: 0x08000000, lengthBytes: 32, startTick: session.world.now, endTick: session.world.now + 6400 });
    session.world.run(session.world.now + msToTicks(1100));
    expect(session.world.boardEvents.at(-1)).toMatchObject({ kind });
    expect(session.world.boardEvents.map((event) => event.kind)).toContain('off');
  });

  it('double-nack answers Read, Write and Go twice under read-out protection, and nothing else', () => {
    const { exchange } = withFault('double-nack', 'rdp=1');
    expect(exchange([0x7f])).toEqual([ACK]);
    for (const command of [[0x11, 0xee], [0x31, 0xce], [0x21, 0xde]]) expect(exchange(command)).toEqual([0x1f, 0x1f]);
    expect(exchange([0x42, 0x42])).toEqual([0x1f]);
    expect(exchange([0x02, 0xfd])).toEqual([ACK, 1, 0x04, 0x50, ACK]);
  });

  it('board-reset presses the button at its time', () => {
    const { world } = withFault('board-reset=3s');
    world.run(msToTicks(4000));
    expect(world.boardEvents.at(-1)).toMatchObject({ kind: 'rom', cause: 'pin' });
    expect(world.boardEvents.at(-1)?.tick).toBeCloseTo(msToTicks(3000), -3);
  });
});

describe('fault names', () => {
  const refused = (spec: string) => () => createWorld(parseBoardOptions(new URLSearchParams(`fault=${encodeURIComponent(spec)}`)));

  it('that do not exist are refused with the list of those that do', () => {
    expect(refused('gremlins')).toThrow(StageFlashError);
    expect(refused('gremlins')).toThrow(/no fault "gremlins"/);
  });

  it('with an argument that means nothing are refused', () => {
    expect(refused('lose=much')).toThrow(/fault lose: "much"/);
    expect(refused('ghost=7')).toThrow(/fault ghost: "7" is not a duration/);
    expect(refused('power-cut@flash-op=1:never')).toThrow(/"never" is not one of before, middle, late/);
  });

  afterAll(() => {
    expect([...tested].sort()).toEqual(Object.keys(FAULTS).sort());
  });
});
