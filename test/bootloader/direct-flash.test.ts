import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { directBlocks } from '../../host/bootloader/direct-blocks.js';
import { flashDirect } from '../../host/bootloader/direct-flash.js';
import { RomSession } from '../../host/bootloader/rom-session.js';
import type { H7Part } from '../../host/device/h7-part.js';
import { findParts } from '../../host/device/h7-parts.js';
import type { JobEvent } from '../../host/events.js';
import type { Image, Segment } from '../../host/image/image.js';
import { createImage } from '../../host/image/image.js';
import { ScriptedLink } from '../link/scripted-link.js';
import type { FakeRomOptions } from './fake-rom.js';
import { FakeRom } from './fake-rom.js';

const random = new Random(1);
const [H743] = findParts(0x450, 2048) as [H7Part, ...H7Part[]];
const image = (...segments: Segment[]): Image => createImage('fw.hex', 'Intel HEX', segments);
const bytes = (length: number): Uint8Array => random.fill(new Uint8Array(length));

async function flash(target: Image, options: FakeRomOptions = {}, { verify = true, prepare = (_rom: FakeRom): void => {} } = {}) {
  const link = new ScriptedLink({ roundTripMs: 600 });
  const rom = new FakeRom(link, options);
  prepare(rom);
  const events: JobEvent[] = [];
  const session = new RomSession(link);
  await session.synchronise();
  await session.getId();
  const done = flashDirect({ link, rom: session, part: H743, image: target, verify, events: (event) => events.push(event) });
  return { done, rom, link, events };
}

function expectContent(rom: FakeRom, target: Image): void {
  for (const segment of target.segments) expect(rom.bytes(segment.address, segment.bytes.length)).toEqual([...segment.bytes]);
}

describe('flashing through the ROM', () => {
  test('two segments arrive in both banks, whole, read back, told in phases', async () => {
    const target = image({ address: 0x0800_0000, bytes: bytes(3001) }, { address: 0x0810_0010, bytes: bytes(500) });
    const { done, rom, events } = await flash(target);
    await done;
    expectContent(rom, target);
    expect(rom.erased).toEqual([0, 8]);
    expect(events.filter(({ type }) => type === 'phase').map((event) => 'phase' in event && event.phase)).toEqual(['stream', 'prove']);
    expect(events.at(-1)).toMatchObject({ type: 'progress', phase: 'prove', done: 15 * 256, total: 15 * 256 });
  });

  test('the sector of the vector table is erased first and its first block written last', async () => {
    const target = image({ address: 0x0800_0000, bytes: bytes(0x2_0000 + 700) });
    const { done, rom } = await flash(target);
    await done;
    const changes = rom.obeyed.filter((line) => !line.startsWith('read'));
    expect(changes[0]).toBe('erase 0');
    expect(changes[1]).toBe('erase 1');
    expect(changes.at(-1)).toBe('write 0x8000000 256');
    expect(changes.slice(2, -1)).not.toContain('write 0x8000000 256');
  });

  test('blocks of nothing but 0xFF are not written, but proven', async () => {
    const content = bytes(1024).fill(0xff, 256, 768);
    const { done, rom } = await flash(image({ address: 0x0800_0000, bytes: content }));
    await done;
    expect(rom.obeyed.filter((line) => line.startsWith('write'))).toEqual(['write 0x8000300 256', 'write 0x8000000 256']);
    expect(rom.obeyed.filter((line) => line.startsWith('read 0x80'))).toHaveLength(4);
  });

  test('neighbouring segments in one block are written in one piece', () => {
    const blocks = directBlocks(image({ address: 0x0800_0010, bytes: Uint8Array.of(1) }, { address: 0x0800_0012, bytes: Uint8Array.of(2) }));
    expect(blocks).toHaveLength(1);
    expect([...(blocks[0]?.bytes.subarray(15, 20) ?? [])]).toEqual([0xff, 1, 0xff, 2, 0xff]);
  });
});

describe('what the ROM does not tell', () => {
  test('a write that was acknowledged and did not happen is found', async () => {
    const target = image({ address: 0x0800_0000, bytes: bytes(1024) });
    const { done } = await flash(target, {}, { prepare: (rom) => {
      const set = rom.memory.set.bind(rom.memory);
      rom.memory.set = (address, value) => (address >= 0x0800_0200 && address < 0x0800_0220 ? rom.memory : set(address, value));
    } });
    await expect(done).rejects.toMatchObject({ kind: 'verify', message: '1 of 4 blocks differ from the image, the first at 0x08000200' });
  });

  test('a lost acknowledge of a block is settled by reading the block', async () => {
    let answers = 0;
    const target = image({ address: 0x0800_0000, bytes: bytes(1024) });
    const { done, rom } = await flash(target, { losesAnswer: () => answers++ === 6 });
    await done;
    expectContent(rom, target);
    expect(rom.obeyed.filter((line) => line.startsWith('write'))).toHaveLength(4);
  });

  test('a block that may be half written ends the job before the vector table makes it start', async () => {
    let hostBytes = 0;
    const { done, rom } = await flash(image({ address: 0x0800_0000, bytes: bytes(1024) }), { loses: () => hostBytes++ === 40 });
    await expect(done).rejects.toMatchObject({ kind: 'flash', message: expect.stringMatching(/^the block at 0x08000100 was written in part or not at all/) as string });
    expect(rom.bytes(0x0800_0000, 8)).toEqual(Array<number>(8).fill(0xff));
  });

  test('an erase whose acknowledge got lost is done again', async () => {
    let answers = 0;
    const target = image({ address: 0x0800_0000, bytes: bytes(300) });
    const { done, rom } = await flash(target, { losesAnswer: () => answers++ === 3 });
    await done;
    expectContent(rom, target);
    expect(rom.erased).toEqual([0, 0]);
  });

  test.each([
    ['V9.2', 0x92, 0],
    ['V9.1', 0x91, 4000],
    ['V13.2', 0xd2, 4000],
  ])('bootloader %s: an erase of bank 2 gets as long as it may take, also when it is acknowledged at once', async (_version, id, extraMs) => {
    const target = image({ address: 0x0810_0000, bytes: bytes(256) });
    const { done, link } = await flash(target, {}, { verify: false, prepare: (rom) => rom.memory.set(0x1ff1_e7fe, id) });
    await done;
    // Synchronisation, Get ID, the bootloader's id, an erase, a block: 1 + 1 + 3 + 2 + 3 round trips and 26 ms on the line.
    const withoutMs = 10 * 600 + 40;
    expect(link.now()).toBeGreaterThan(extraMs + 10 * 600);
    expect(link.now()).toBeLessThan(extraMs + withoutMs);
  });
});

describe('bytes that a converter would take out of the stream', () => {
  const command = [0x55, 0xaa, 0x55, 0x01, 0xc2, 0x00, 0x1b, 0xde];
  const withCommandAt = (offset: number): Image => {
    const content = new Uint8Array(1024).fill(0x42);
    content.set(command, offset);
    return image({ address: 0x0800_0000, bytes: content });
  };

  test('are cut in two where they lie across flash words', async () => {
    const target = withCommandAt(0x25c);
    const { done, rom, link } = await flash(target);
    await done;
    expectContent(rom, target);
    const pattern = Buffer.from(command);
    expect(link.sent.some((frame) => Buffer.from(frame).includes(pattern))).toBe(false);
  });

  test('are refused with their address where they lie inside one, before anything is erased', async () => {
    const { done, rom } = await flash(withCommandAt(0x244));
    await expect(done).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('0x08000240') as string });
    expect(rom.obeyed).toEqual([]);
  });
});
