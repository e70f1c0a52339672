import { describe, expect, it } from 'vitest';
import { BoardViolation } from '../../../host/board/violations.js';
import { RomSession } from '../../../host/bootloader/rom-session.js';
import { Random } from '../../../host/board/random.js';
import type { SimLink } from '../../../host/link/sim-link.js';
import { openSimLink } from '../../../host/link/sim-link.js';

const BANK2_SECTOR0 = 8;
const SECTOR_BYTES = 128 * 1024;

async function session(query: string): Promise<{ link: SimLink; rom: RomSession; flash: SimLink['world']['board']['chip']['flash'] }> {
  const link = await openSimLink(new URLSearchParams(`rtt=1ms&${query}`));
  const rom = new RomSession(link);
  await rom.synchronise();
  return { link, rom, flash: link.world.board.chip.flash };
}

const garbage = (count: number, seed = 1): Uint8Array => new Random(seed).fill(new Uint8Array(count));
const blank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0xff);

describe('ROM and flash', () => {
  it.each(['', 'chip=STM32H723xG', 'chip=STM32H7A3xI', 'bootloader=0x90'])('programs and reads back two blocks (%s)', async (query) => {
    const { rom, flash } = await session(query);
    const data = garbage(512);
    await rom.writeFlash(0x08000000, data.subarray(0, 256), 100);
    await rom.writeFlash(0x08000100, data.subarray(256), 100);
    expect(flash.peek(0x08000000, 512)).toEqual(data);
    expect(await rom.readMemory(0x08000100, 256)).toEqual(data.subarray(256));
  });

  it('takes as long for a sector and for a block as the flash does', async () => {
    const { link, rom } = await session('');
    const start = link.now();
    await rom.extendedErase([0], 5000);
    const erased = link.now();
    expect(erased - start).toBeGreaterThan(1000);
    expect(erased - start).toBeLessThan(1020);
    await rom.writeFlash(0x08000000, garbage(256), 100);
    // 265 characters and 8 flash words of 100 µs, 3 answers and 3 round trips.
    expect(link.now() - erased).toBeGreaterThan(25.3 + 0.8 + 3);
    expect(link.now() - erased).toBeLessThan(25.3 + 0.8 + 6);
  });

  it('erases the sectors that it is told, in both banks, and no other', async () => {
    const { rom, flash } = await session('');
    const image = garbage(2 * 1024 * 1024);
    flash.load(image);
    await rom.extendedErase([1, BANK2_SECTOR0 + 7], 10_000);
    const after = flash.snapshot();
    expect(blank(after.subarray(SECTOR_BYTES, 2 * SECTOR_BYTES))).toBe(true);
    expect(blank(after.subarray(15 * SECTOR_BYTES))).toBe(true);
    after.set(image.subarray(SECTOR_BYTES, 2 * SECTOR_BYTES), SECTOR_BYTES);
    after.set(image.subarray(15 * SECTOR_BYTES), 15 * SECTOR_BYTES);
    expect(Buffer.compare(after, image)).toBe(0);
  });

  it.each([[0xfe, [0]], [0xfd, [1]], [0xff, [0, 1]]] as const)('erases whole banks for the code 0xFF%s', async (low, banks) => {
    const { link, flash } = await session('');
    flash.load(garbage(2 * 1024 * 1024));
    await link.send(Uint8Array.of(0x44, 0xbb));
    await link.receive(link.now() + 100);
    await link.send(Uint8Array.of(0xff, low, 0xff ^ low));
    expect(await link.receive(link.now() + 60_000)).toEqual(Uint8Array.of(0x79));
    expect([0, 1].filter((bank) => blank(flash.bytes(bank)))).toEqual(banks);
  });

  it('answers and erases nothing for these codes on V13.3', async () => {
    const { link, flash } = await session('bootloader=0xd3');
    flash.load(garbage(2 * 1024 * 1024));
    await link.send(Uint8Array.of(0x44, 0xbb));
    await link.receive(link.now() + 100);
    await link.send(Uint8Array.of(0xff, 0xff, 0x00));
    expect(await link.receive(link.now() + 1000)).toEqual(Uint8Array.of(0x79));
    expect(blank(flash.bytes(0))).toBe(false);
  });

  it('answers the erase of a bank-2 sector early up to V9.1, and loses what is written meanwhile', async () => {
    const { link, rom, flash } = await session('bootloader=0x91');
    flash.load(garbage(2 * 1024 * 1024));
    const start = link.now();
    await rom.extendedErase([BANK2_SECTOR0], 5000);
    expect(link.now() - start).toBeLessThan(50);
    await rom.writeFlash(0x08100000, garbage(256), 100);
    await rom.idle(2000);
    expect(blank(flash.peek(0x08100000, 256))).toBe(true);
    await rom.writeFlash(0x08100100, garbage(256), 100);
    expect(flash.peek(0x08100100, 256)).toEqual(garbage(256));
  });

  it('reads a bank that still erases only when it is done', async () => {
    const { link, rom } = await session('bootloader=0x91');
    const start = link.now();
    await rom.extendedErase([BANK2_SECTOR0], 5000);
    await link.send(Uint8Array.of(0x11, 0xee));
    await link.receive(link.now() + 100);
    await link.send(Uint8Array.of(0x08, 0x10, 0x00, 0x00, 0x18));
    await link.receive(link.now() + 100);
    await link.send(Uint8Array.of(0x00, 0xff));
    expect(await link.receive(link.now() + 5000)).toEqual(Uint8Array.of(0x79, 0xff));
    expect(link.now() - start).toBeGreaterThan(1000);
  });

  it('waits for the erase of a bank-2 sector on V9.2', async () => {
    const { link, rom } = await session('');
    const start = link.now();
    await rom.extendedErase([BANK2_SECTOR0], 5000);
    expect(link.now() - start).toBeGreaterThan(1000);
  });

  it('loses the first 32 bytes of a write that follows a read of flash on H723, and only there', async () => {
    const { rom, flash } = await session('chip=STM32H723xG');
    await rom.readMemory(0x08000000, 4);
    await rom.writeFlash(0x08000000, garbage(256), 100);
    expect(blank(flash.peek(0x08000000, 32))).toBe(true);
    expect(flash.peek(0x08000020, 224)).toEqual(garbage(256).subarray(32));
    await rom.writeFlash(0x08000100, garbage(256), 100);
    expect(flash.peek(0x08000100, 256)).toEqual(garbage(256));
    const h743 = await session('');
    await h743.rom.readMemory(0x08000000, 4);
    await h743.rom.writeFlash(0x08000000, garbage(256), 100);
    expect(h743.flash.peek(0x08000000, 256)).toEqual(garbage(256));
  });

  it('burns the rest of a flash word that is written in part: the second half is one write too many', async () => {
    const { rom, flash } = await session('');
    await rom.writeFlash(0x08000000, garbage(16), 100);
    expect(flash.peek(0x08000000, 32)).toEqual(Uint8Array.of(...garbage(16), ...new Uint8Array(16).fill(0xff)));
    await expect(rom.writeFlash(0x08000010, garbage(16, 2), 100)).rejects.toThrow(BoardViolation);
  });

  it('erases everything and resets at Readout Unprotect', async () => {
    const { link, flash } = await session('');
    flash.load(garbage(2 * 1024 * 1024));
    await link.send(Uint8Array.of(0x92, 0x6d));
    expect(await link.receive(link.now() + 100)).toEqual(Uint8Array.of(0x79));
    expect(await link.receive(link.now() + 60_000)).toEqual(Uint8Array.of(0x79));
    await link.receive(link.now() + 10);
    expect(blank(flash.snapshot())).toBe(true);
    expect(link.world.boardEvents.map(({ kind }) => kind)).toEqual(['rom', 'rom']);
  });

  it.each([
    ['Write Protect', 'rdp=0', [[0x63, 0x9c], [0x00, 0x03, 0x03]]],
    ['Write Unprotect', 'rdp=0', [[0x73, 0x8c]]],
    ['Readout Protect', 'rdp=0', [[0x82, 0x7d]]],
    ['Readout Unprotect of a protected chip', 'rdp=1', [[0x92, 0x6d]]],
  ])('does not pretend to change option bytes: %s', async (_, query, frames) => {
    const { link, flash } = await session(query);
    flash.load(garbage(2 * 1024 * 1024));
    const speak = async (): Promise<void> => {
      for (const frame of frames) {
        await link.send(Uint8Array.from(frame));
        await link.receive(link.now() + 100);
        await link.receive(link.now() + 100);
      }
    };
    await expect(speak()).rejects.toThrow(/option-byte-change/);
    expect(flash.eraseCount).toBe(0);
  });

  it('starts an application in flash with Go', async () => {
    const { link, rom } = await session('');
    const image = new Uint8Array(256).fill(0xff);
    new DataView(image.buffer).setUint32(0, 0x20010000, true);
    new DataView(image.buffer).setUint32(4, 0x08000021, true);
    new DataView(image.buffer).setUint16(0x20, 0xe7fe, true);
    await rom.writeFlash(0x08000000, image, 100);
    await rom.go(0x08000000);
    expect(link.world.boardEvents.at(-1)).toMatchObject({ kind: 'go', entry: 0x08000021 });
  });
});
