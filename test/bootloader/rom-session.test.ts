import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { RomSession } from '../../host/bootloader/rom-session.js';
import { ScriptedLink } from '../link/scripted-link.js';
import type { FakeRomOptions } from './fake-rom.js';
import { FakeRom } from './fake-rom.js';

const RAM = 0x2000_4100;
const loader = new Random(1).fill(new Uint8Array(256));

function connect(roundTripMs: number | (() => number), options: FakeRomOptions = {}, connectMs?: number) {
  const link = new ScriptedLink({ roundTripMs, ...(connectMs !== undefined && { connectMs }) });
  const rom = new FakeRom(link, options);
  const said: string[] = [];
  return { link, rom, said, session: new RomSession(link, (text) => said.push(text)) };
}

/** What every job does in the ROM: find it, know it, put a loader into RAM, start it. */
async function start(session: RomSession): Promise<void> {
  await session.synchronise();
  expect(await session.getId()).toBe(0x450);
  await session.writeRam(RAM, loader);
  await session.writeRam(RAM + 256, loader);
  await session.go(RAM);
}

function expectStarted(rom: FakeRom): void {
  expect(rom.bytes(RAM, 512)).toEqual([...loader, ...loader]);
  expect(rom.jumpedTo).toBe(RAM);
}

describe('round trips', () => {
  test('a loader of 512 bytes is placed and started in ten of them', async () => {
    const { link, rom, said, session } = connect(600);
    await start(session);
    expectStarted(rom);
    const wireMs = 100; // 569 bytes at 115200 baud, 8E1: 54 ms; 13 bytes of answers
    expect(link.now()).toBeGreaterThan(10 * 600);
    expect(link.now()).toBeLessThan(10 * 600 + wireMs);
    expect(said).toEqual([]);
  });

  test('the missing acknowledge of Go on bootloader V9.0 costs no more than two of them', async () => {
    const { link, rom, session } = connect(600, { acknowledgesGo: false });
    await start(session);
    expectStarted(rom);
    expect(link.now()).toBeLessThan(12 * 600);
  });

  test('they are measured without the time on the serial line', async () => {
    const { session } = connect(600);
    await start(session);
    expect(session.roundTrip.minMs).toBeCloseTo(600, 6);
    expect(session.roundTrip.smoothedMs).toBeCloseTo(600, 6);
  });

  test.each([1, 2, 3])('seed %i: 8 s ± 4 s are waited for, and nothing is sent twice', async (seed) => {
    const random = new Random(seed);
    const { link, rom, said, session } = connect(() => 4000 + 8000 * random.fraction());
    await start(session);
    expectStarted(rom);
    expect(said).toEqual([]);
    expect(link.sent.filter((frame) => frame[0] === 0x7f)).toHaveLength(1);
  });
});

describe('synchronisation', () => {
  test.each<[name: string, options: FakeRomOptions]>([
    ['a pin that wants 0x7F twice', { wantsTwo: true }],
    ['a bootloader that is in step already', { state: 'listening' }],
    ['a bootloader that lacks half a command', { state: 1 }],
    ['a bootloader that lacks an address', { state: 4 }],
    ['a bootloader that lacks a whole block', { state: 257 }],
    ['a first 0x7F that got lost', { loses: (index) => index === 0 }],
    ['an acknowledge of 0x7F that got lost', { losesAnswer: (index) => index === 0 }],
    ['a Get ID that lost its first byte', { loses: (index) => index === 1 }],
    ['a Get ID that lost its second byte', { loses: (index) => index === 2 }],
    ['an answer to Get ID that got lost', { losesAnswer: (index) => index === 1 }],
  ])('%s', async (_name, options) => {
    const { rom, session } = connect(600, options);
    await start(session);
    expectStarted(rom);
  });

  test('an answer so late that a second 0x7F was sent leaves half a command, which is found and completed', async () => {
    let trips = 0;
    const { rom, session } = connect(() => (trips++ < 2 ? 20_000 : 600));
    await start(session);
    expectStarted(rom);
  });

  test('a second 0x7F comes after 13 s, sooner where connecting was quick, and not too soon where it was not', async () => {
    for (const [connectMs, secondMs] of [[undefined, 13_000], [20, 2500], [1500, 6000], [9000, 13_000]] as const) {
      const { link, session } = connect(600, { state: 'listening' }, connectMs);
      await session.synchronise();
      expect(link.now() - 600).toBeGreaterThan(secondMs);
      expect(link.now() - 600).toBeLessThan(secondMs + 2);
    }
  });

  test('a gateway that answers for the far end misleads the first wait, not the session', async () => {
    const { rom, session } = connect(8000, {}, 20);
    await start(session);
    expectStarted(rom);
  });

  test('silence is an error that names what to check', async () => {
    const session = new RomSession(new ScriptedLink());
    await expect(session.synchronise()).rejects.toMatchObject({ kind: 'bootloader', message: 'scripted: no answer to the synchronisation byte', hint: expect.stringMatching(/BOOT0 high.*8E1.*crossed/) as string });
  });

  test('an application that talks is quoted, though its text holds the code of ACK', async () => {
    const link = new ScriptedLink({ roundTripMs: 600 });
    for (let line = 0; line < 200; line++) link.answer(Buffer.from('system ready\r\n'), 100 * line);
    await expect(new RomSession(link).synchronise()).rejects.toMatchObject({
      kind: 'bootloader',
      message: expect.stringMatching(/^scripted: the board answers, but not as a bootloader: it says "system ready system ready .*…"$/) as string,
    });
  });

  test('an echo is recognised', async () => {
    const link = new ScriptedLink({ roundTripMs: 600 });
    link.farEnd = (bytes, atMs) => link.answer(bytes, atMs);
    await expect(new RomSession(link).synchronise()).rejects.toMatchObject({ kind: 'bootloader', message: 'scripted: what is sent comes back unchanged, and nothing else' });
  });

  test('garbage is shown in hexadecimal', async () => {
    const link = new ScriptedLink({ roundTripMs: 600 });
    link.farEnd = (_bytes, atMs) => link.answer([0xf8, 0x00], atMs);
    await expect(new RomSession(link).synchronise()).rejects.toMatchObject({ message: 'scripted: the synchronisation byte was answered by F8 00' });
  });
});

describe('foreign bytes', () => {
  test('a banner before the first answer is discarded and counted', async () => {
    const { link, rom, session } = connect(600);
    link.answer(Buffer.from('ser2net port ready\r\n'), 0);
    await start(session);
    expectStarted(rom);
    expect(session.discardedBytes).toBe(20);
  });

  test('an identity prefix before every answer is discarded and counted', async () => {
    const { rom, session } = connect(600, { wraps: (answer) => [...Buffer.from('MAC 0242'), ...answer] });
    await start(session);
    expectStarted(rom);
    expect(session.discardedBytes).toBe(10 * 8);
  });

  test('an echo of every byte before the answer does no harm', async () => {
    const { link, rom, session } = connect(600);
    const { farEnd } = link;
    link.farEnd = (bytes, atMs) => {
      link.answer(bytes, atMs);
      farEnd(bytes, atMs);
    };
    await start(session);
    expectStarted(rom);
  });
});

describe('Write Memory into RAM', () => {
  test.each(Array.from({ length: 12 }, (_, seed) => seed))('seed %i: is repeated until it holds when bytes get lost either way', async (seed) => {
    const random = new Random(seed);
    const lostByte = 3 + random.below(530);
    const lostAnswer = 2 + random.below(5);
    const { rom, said, session } = connect(300, { loses: (index) => index === lostByte, losesAnswer: (index) => index === lostAnswer });
    await session.synchronise();
    await session.getId();
    await session.writeRam(RAM, loader);
    await session.writeRam(RAM + 256, loader);
    expect(rom.bytes(RAM, 512)).toEqual([...loader, ...loader]);
    expect(said.length).toBeGreaterThan(0);
  });

  test('to an address that the ROM refuses is an error that names it', async () => {
    const { session } = connect(600);
    await session.synchronise();
    await expect(session.writeRam(0x2000_0000, loader)).rejects.toMatchObject({ kind: 'bootloader', message: 'scripted: the bootloader refuses Write Memory at 0x20000000 (address)' });
  });
});

describe('what must not happen twice', () => {
  const block = new Random(2).fill(new Uint8Array(256));
  test('a block for flash whose acknowledge got lost is not sent again, and the session goes on', async () => {
    let answers = 0;
    const { rom, session } = connect(600, { losesAnswer: () => answers++ === 4 });
    await session.synchronise();
    await session.getId();
    expect(await session.writeFlash(0x0800_0000, block, 10)).toBe(false);
    expect(await session.readMemory(0x0800_0000, 256)).toEqual(block);
    expect(rom.obeyed.filter((line) => line.startsWith('write'))).toHaveLength(1);
  });

  test('completing a lost frame never completes a write to flash: neither after a lost acknowledge, nor for a session that was cut off', async () => {
    for (let lost = 2; lost < 5; lost++) {
      const { rom, session } = connect(600, { losesAnswer: (index) => index === lost });
      await session.synchronise();
      await session.getId();
      await session.writeFlash(0x0800_0000, block, 10);
      expect(rom.obeyed).toEqual(['write 0x8000000 256']);
      expect(rom.bytes(0x0800_0000, 256)).toEqual([...block]);
    }
    for (const frames of [[0x31, 0xce], [0x31, 0xce, 0x08, 0, 0, 0, 0x08], [0x31, 0xce, 0x08, 0, 0, 0, 0x08, 0xff, ...block.subarray(0, 100)]]) {
      const { link, rom, session } = connect(600, { state: 'listening' });
      link.farEnd(Uint8Array.from(frames), 0);
      await link.receive(1000);
      await session.synchronise();
      expect(await session.getId()).toBe(0x450);
      expect(rom.obeyed).toEqual([]);
    }
  });

  test('an erase is given the time that it asks for', async () => {
    const { link, rom, session } = connect(600, { eraseMs: 2000 });
    await session.synchronise();
    expect(await session.extendedErase([0, 1, 2, 8], 4 * 4000)).toBe(true);
    expect(rom.erased).toEqual([0, 1, 2, 8]);
    expect(link.now()).toBeGreaterThan(8000);
  });
});

test('Get lists the commands, also where the count before them is wrong', async () => {
  const { session } = connect(600);
  await session.synchronise();
  expect(await session.get()).toEqual({ protocolVersion: 0x31, commands: [0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92] });
});

test('Go says what was acknowledged', async () => {
  for (const acknowledgesGo of [true, false]) {
    const { session } = connect(600, { acknowledgesGo });
    await session.synchronise();
    await session.getId();
    expect(await session.go(RAM)).toEqual({ commandAcknowledged: acknowledgesGo, addressAcknowledged: true });
  }
});

test.each([0, 1, 2, 3, 4, 5, 6])('byte %i of Go got lost: a lost command is repeated, a lost byte of the address is for the program to tell', async (lost) => {
  const { rom, session } = connect(600, { loses: (index) => index === 3 + lost });
  await session.synchronise();
  await session.getId();
  const { addressAcknowledged } = await session.go(RAM);
  // A lost byte of the address leaves the ROM waiting, which from here looks like a jump that was not acknowledged.
  expect(addressAcknowledged).toBe(lost < 2);
  expect(rom.jumpedTo).toBe(lost < 2 ? RAM : undefined);
});

test('Go to an address that the ROM refuses is an error', async () => {
  const { session } = connect(600);
  await session.synchronise();
  await session.getId();
  await expect(session.go(0x2000_0000)).rejects.toMatchObject({ kind: 'bootloader', message: 'scripted: the bootloader refuses Go at 0x20000000 (address)' });
});

test('a link that dies is reported as such, not as a silent bootloader', async () => {
  const link = new ScriptedLink({ roundTripMs: 600 });
  link.receive = () => Promise.reject(Object.assign(new Error('gone'), { kind: 'link' }));
  await expect(new RomSession(link).synchronise()).rejects.toMatchObject({ kind: 'link' });
});
