import { describe, expect, test } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { escapeIac, IAC, OPTIONS, SB, SE, VERBS } from '../../../host/link/telnet/telnet-codes.js';
import type { TelnetCommand } from '../../../host/link/telnet/telnet-decoder.js';
import { TelnetDecoder } from '../../../host/link/telnet/telnet-decoder.js';

const NOP = 241;
const decode = (...bytes: readonly number[]) => new TelnetDecoder().push(Uint8Array.from(bytes));

describe('what a server sends', () => {
  test('a doubled 0xFF is one byte of data', () => {
    expect([...decode(1, IAC, IAC, 2).payload]).toEqual([1, 255, 2]);
  });

  test('CR and NUL stay what they are', () => {
    expect([...decode(13, 0, 13, 10).payload]).toEqual([13, 0, 13, 10]);
  });

  test('requests and subnegotiations are taken out, escapes inside included', () => {
    const { payload, commands } = decode(7, IAC, VERBS.will, 1, 8, IAC, SB, 44, 101, IAC, IAC, 0, IAC, SE, 9);
    expect([...payload]).toEqual([7, 8, 9]);
    expect(commands).toEqual([
      { kind: 'option', verb: 'will', option: 1 },
      { kind: 'subnegotiation', option: 44, bytes: Uint8Array.of(101, 255, 0) },
    ]);
  });

  test('commands without meaning for a serial line vanish', () => {
    expect([...decode(1, IAC, NOP, 2, IAC, SE, 3).payload]).toEqual([1, 2, 3]);
  });

  test('a subnegotiation that is broken off by another command ends there, and the command counts', () => {
    const { payload, commands } = decode(IAC, SB, 44, 101, IAC, VERBS.dont, 44, 5);
    expect([...payload]).toEqual([5]);
    expect(commands).toEqual([{ kind: 'option', verb: 'dont', option: 44 }]);
  });

  test('a subnegotiation that never ends takes no memory without end', () => {
    const decoder = new TelnetDecoder();
    decoder.push(Uint8Array.of(IAC, SB, 44));
    for (let block = 0; block < 100; block++) decoder.push(new Uint8Array(10_000));
    const { commands: [command] } = decoder.push(Uint8Array.of(IAC, SE));
    expect(command?.kind === 'subnegotiation' && command.bytes.length).toBeLessThanOrEqual(1024);
  });
});

/** Seeded: data and commands in any order, as a server may send them. */
function conversation(random: Random): { readonly wire: Uint8Array; readonly payload: Uint8Array; readonly commands: TelnetCommand[] } {
  const wire: number[] = [];
  const payload: number[] = [];
  const commands: TelnetCommand[] = [];
  // IAC and its neighbours are what it is about.
  const byte = (): number => (random.below(3) === 0 ? [IAC, SB, SE, 0, 13][random.below(5)]! : random.below(256));
  const bytes = (): Uint8Array => Uint8Array.from({ length: random.below(12) }, byte);
  for (let step = random.below(20); step > 0; step--) {
    const kind = random.below(4);
    if (kind < 2) {
      const data = bytes();
      payload.push(...data);
      wire.push(...escapeIac(data));
    } else if (kind === 2) {
      const verb = (['will', 'wont', 'do', 'dont'] as const)[random.below(4)]!;
      const option = [OPTIONS.binary, OPTIONS.echo, OPTIONS.suppressGoAhead, OPTIONS.comPort, random.below(256)][random.below(5)]!;
      commands.push({ kind: 'option', verb, option });
      wire.push(IAC, VERBS[verb], option);
    } else {
      const content = Uint8Array.of(OPTIONS.comPort, ...bytes());
      commands.push({ kind: 'subnegotiation', option: OPTIONS.comPort, bytes: content.slice(1) });
      wire.push(IAC, SB, ...escapeIac(content), IAC, SE);
    }
  }
  return { wire: Uint8Array.from(wire), payload: Uint8Array.from(payload), commands };
}

test('10 000 conversations, cut anywhere, come out as they were meant', () => {
  for (let seed = 0; seed < 10_000; seed++) {
    const random = new Random(seed);
    const { wire, payload, commands } = conversation(random);
    const decoder = new TelnetDecoder();
    const heard: number[] = [];
    const told: TelnetCommand[] = [];
    for (let at = 0; at < wire.length; ) {
      const length = 1 + random.below(8);
      const decoded = decoder.push(wire.subarray(at, at + length));
      heard.push(...decoded.payload);
      told.push(...decoded.commands);
      at += length;
    }
    if (Buffer.compare(Uint8Array.from(heard), payload) !== 0) expect.fail(`seed ${seed}: the payload changed`);
    if (JSON.stringify(told) !== JSON.stringify(commands)) expect.fail(`seed ${seed}: the commands changed`);
  }
});
