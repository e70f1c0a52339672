import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import type { Link } from '../../host/link/link.js';
import { openRfc2217Link, overTelnet } from '../../host/link/rfc2217-link.js';
import { escapeIac, IAC, OPTIONS, SB, SE, VERBS } from '../../host/link/telnet/telnet-codes.js';
import { FakeSerialServer, type Quirks } from './telnet/fake-serial-server.js';
import { atEnd, serveTcp } from './wires.js';

const NINE_K6 = { baudRate: 9600, parity: 'none', stopBits: 2 } as const;

async function open(quirks: Quirks = {}, options: ConstructorParameters<typeof FakeSerialServer>[1] = {}): Promise<{ readonly server: FakeSerialServer; readonly link: Link }> {
  const server = new FakeSerialServer(quirks, options);
  return { server, link: await overTelnet(server.link) };
}

const failure = (quirks: Quirks): Promise<unknown> => open(quirks).then(() => expect.unreachable('it was opened'), (error: unknown) => error);

describe('opening', () => {
  test('begins with IAC WILL, by which small converters tell Telnet from raw bytes', async () => {
    const { server } = await open();
    expect([...server.link.sent[0]!.subarray(0, 3)]).toEqual([IAC, VERBS.will, OPTIONS.comPort]);
  });

  test('sets 8 data bits, parity, stop bits, rate, no flow control, and purges', async () => {
    const { server, link } = await open({}, { line: NINE_K6 });
    expect(server.commands).toEqual([[2, 8], [3, 1], [4, 2], [1, 0, 0, 0x25, 0x80], [5, 1], [5, 14], [10, 0], [11, 0], [12, 3]]);
    expect(link.line).toEqual(NINE_K6);
    expect(link.abilities).toEqual(['rate', 'format', 'modem-lines']);
  });

  test('takes two round trips', async () => {
    const { link } = await open({}, { roundTripMs: 600, line: { baudRate: 4_000_000, parity: 'even', stopBits: 1 } });
    expect(link.now()).toBeGreaterThanOrEqual(1200);
    expect(link.now()).toBeLessThan(1210);
  });

  test('drops a banner, and nothing that comes later', async () => {
    const { server, link } = await open({ banner: 'ser2net port 4001 device /dev/ttyS0\r\n' });
    server.link.answer([0x79], link.now());
    expect([...(await link.receive(Infinity))]).toEqual([0x79]);
  });

  test('bears servers that pad their answers, confirm flow control wrongly, or not at all', async () => {
    await open({ confirm: (code, value) => (code === 5 ? [105, 1] : code === 12 ? undefined : [code + 100, ...value, 0, 0, 0, 0]) });
  });

  test('bears a server that never speaks of its own side', async () => {
    await open({ answer: (verb) => (verb === 'will' ? 'do' : undefined) });
  });

  test.each([
    ['is no Telnet server', { answer: () => undefined }, 'does not answer as a Telnet server'],
    ['has no RFC 2217', { answer: (verb) => (verb === 'will' ? 'dont' : 'wont') }, 'refuses RFC 2217'],
    ['wants to change bytes', { answer: (verb, option) => (option === OPTIONS.binary ? 'wont' : verb === 'will' ? 'do' : 'will') }, 'refuses Telnet\'s binary mode'],
    ['has no even parity', { confirm: (code, value) => [code + 100, ...(code === 3 ? [1] : value)] }, 'sets parity none where even was asked for'],
    ['cannot have this rate', { confirm: (code, value) => [code + 100, ...(code === 1 ? [0, 0, 0x25, 0x80] : value)] }, 'sets baud rate 9600 where 115200 was asked for'],
    ['confirms nothing', { confirm: () => undefined }, 'does not confirm data bits 8'],
  ] as readonly (readonly [string, Quirks, string])[])('a server that %s is refused in one line with a hint', async (_, quirks, message) => {
    expect(await failure(quirks)).toMatchObject({ kind: 'link', message: expect.stringContaining(message) as string, hint: expect.any(String) as string });
  });

  test('closes the connection when it fails, and when it is interrupted', async () => {
    let closed = 0;
    const port = await serveTcp((socket) => {
      socket.resume().on('close', () => closed++).write(Uint8Array.of(IAC, VERBS.dont, OPTIONS.comPort));
    });
    const options = { name: 'rfc2217://h:1', host: '127.0.0.1', port, line: NINE_K6 };
    await expect(openRfc2217Link(options)).rejects.toMatchObject({ message: 'rfc2217://h:1 refuses RFC 2217' });
    const controller = new AbortController();
    const silent = await serveTcp((socket) => void socket.once('data', () => controller.abort()).resume());
    await expect(openRfc2217Link({ ...options, port: silent, signal: controller.signal })).rejects.toMatchObject({ kind: 'interrupted' });
    expect(closed).toBe(1);
  });
});

describe('an open link', () => {
  test('doubles 0xFF on its way out, once, and halves it on its way in', async () => {
    const { server, link } = await open();
    const bytes = Uint8Array.of(0xff, 0x00, 0x0d, 0xff, 0xff);
    await link.send(bytes);
    expect(server.line).toEqual([...bytes]);
    expect(server.link.sent.at(-1)).toHaveLength(8);
    server.link.answer(escapeIac(bytes), link.now());
    expect(await link.receive(Infinity)).toEqual(bytes);
  });

  test('comes back empty at its deadline although the server talks Telnet', async () => {
    const { server, link } = await open();
    server.tell([107, 0xff], link.now());
    expect(await link.receive(link.now() + 50)).toHaveLength(0);
  });

  test('changes the rate, and keeps what arrives meanwhile', async () => {
    const { server, link } = await open({}, { roundTripMs: 100 });
    server.link.answer([1, 2, 3], link.now());
    await link.setLine?.({ ...link.line, baudRate: 921_600 });
    expect(link.line.baudRate).toBe(921_600);
    expect([...(await link.receive(Infinity))]).toEqual([1, 2, 3]);
  });

  test('moves DTR and RTS in one message', async () => {
    const { server, link } = await open();
    server.commands.length = 0;
    await link.setModemLines?.({ dtr: true, rts: false });
    expect(server.commands).toEqual([[5, 8], [5, 12]]);
    expect(Buffer.from(server.link.sent.at(-1)!).subarray(0, 3)).toEqual(Buffer.of(IAC, SB, OPTIONS.comPort));
  });

  test('waits while the server suspends it', async () => {
    const { server, link } = await open();
    server.tell([108], link.now());
    await link.receive(link.now() + 10);
    server.tell([109], link.now() + 500);
    const askedMs = link.now();
    await link.send(Uint8Array.of(1));
    expect(link.now() - askedMs).toBeGreaterThanOrEqual(500);
    expect(server.line).toEqual([1]);
  });
});

/** Whatever Telnet can say, in any order, between the bytes of `payload`. */
function chatter(random: Random, payload: Uint8Array): Uint8Array {
  const wire: number[] = [];
  const verbs = Object.values(VERBS);
  for (let at = 0; at < payload.length || random.below(4) > 0; ) {
    const options = [...Object.values(OPTIONS), random.below(256)];
    switch (random.below(5)) {
      case 0:
        wire.push(IAC, verbs[random.below(4)]!, options[random.below(options.length)]!);
        break;
      case 1:
        wire.push(IAC, SB, random.below(240), ...escapeIac(random.fill(new Uint8Array(random.below(6)))), IAC, SE);
        break;
      case 2:
        wire.push(IAC, 241 + random.below(9));
        break;
      default: {
        const length = 1 + random.below(5);
        wire.push(...escapeIac(payload.subarray(at, at + length)));
        at += length;
      }
    }
  }
  return Uint8Array.from(wire);
}

test('10 000 servers that negotiate at random: no loop, no crash, no byte of payload changed in either direction', { timeout: 120_000 }, async () => {
  for (let seed = 0; seed < 10_000; seed++) {
    const random = new Random(seed);
    const { server, link } = await open();
    const before = server.link.sent.length;
    const up = random.fill(new Uint8Array(random.below(16)));
    const down = random.fill(new Uint8Array(random.below(16)));
    const wire = chatter(random, down);
    for (let at = 0; at < wire.length; ) {
      const length = 1 + random.below(20);
      server.link.answer(wire.subarray(at, at + length), link.now());
      at += length;
    }
    if (up.length > 0) await link.send(up);
    const heard: number[] = [];
    for (const untilMs = link.now() + 1000; link.now() < untilMs; ) heard.push(...(await link.receive(untilMs)));
    if (Buffer.compare(Uint8Array.from(heard), down) !== 0) expect.fail(`seed ${seed}: what came in changed`);
    if (Buffer.compare(Uint8Array.from(server.line), up) !== 0) expect.fail(`seed ${seed}: what went out changed`);
    // This server answers everything, also answers; we stop after a few words per option and side.
    if (server.link.sent.length - before > 1 + 8 * (wire.length / 3)) expect.fail(`seed ${seed}: ${server.link.sent.length - before} messages`);
  }
});

test('a link that is closed is closed at both ends', async () => {
  const { server, link } = await open();
  atEnd(() => link.close());
  await link.close();
  expect(server.link.closed).toBe(true);
});
