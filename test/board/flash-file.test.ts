import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSimLink } from '../../host/link/sim-link.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-'));
afterAll(() => rmSync(folder, { recursive: true }));

const open = (name: string, chip = 'STM32H750xB') => openSimLink(new URLSearchParams({ chip, 'flash-file': join(folder, name) }));

describe('flash file', () => {
  it('is created blank, as large as the flash', async () => {
    const link = await open('new.bin');
    const content = readFileSync(join(folder, 'new.bin'));
    expect(content.length).toBe(128 * 1024);
    expect(content.every((byte) => byte === 0xff)).toBe(true);
    await link.close();
  });

  it('brings back in the next run what was in flash at the end of the last', async () => {
    const first = await open('kept.bin');
    first.world.board.chip.flash.poke(0x08000040, new Uint8Array(32).fill(0x12));
    await first.close();
    expect(readFileSync(join(folder, 'kept.bin'))[0x40]).toBe(0x12);
    const second = await open('kept.bin');
    expect(second.world.board.chip.flash.peek(0x08000040, 32)).toEqual(new Uint8Array(32).fill(0x12));
    expect(second.world.board.chip.flash.stateAt(0x08000060)).toBe('erased');
  });

  it('is there before the board boots from it', async () => {
    const image = new Uint8Array(128 * 1024).fill(0xff);
    new DataView(image.buffer).setUint32(0, 0x20010000, true);
    new DataView(image.buffer).setUint32(4, 0x08000021, true);
    new DataView(image.buffer).setUint16(0x20, 0xe7fe, true);
    writeFileSync(join(folder, 'app.bin'), image);
    const link = await openSimLink(new URLSearchParams({ chip: 'STM32H750xB', boot0: 'low', 'flash-file': join(folder, 'app.bin') }));
    expect(link.world.boardEvents).toMatchObject([{ kind: 'application', entry: 0x08000021 }]);
  });

  it('carries what a power cut has damaged into the next run', async () => {
    const first = await open('cut.bin');
    const { chip } = first.world.board;
    chip.flash.poke(0x08000000, new Uint8Array(128 * 1024).fill(0x5a));
    const erase = { kind: 'erase', bank: 0, address: 0x08000000, lengthBytes: 128 * 1024, startTick: 0, endTick: 1000 } as const;
    chip.flash.interrupt(erase, undefined, 500);
    chip.flash.poke(0x08000040, new Uint8Array(32).fill(1));
    chip.flash.flipBit(0x08000041, 3);
    const before = chip.flash.damage;
    await first.close();
    const second = (await open('cut.bin')).world.board.chip.flash;
    expect(second.damage.size).toBe(4096);
    expect([...second.damage.keys()]).toEqual([...before.keys()]);
    expect(second.damage.get(0x08000040)).toEqual({ kind: 'flipped', bits: new Set([11]) });
    expect(second.damage.get(0x08000000)).toMatchObject({ kind: 'interrupted', looks: 'unstable', intended: new Uint8Array(32).fill(0xff) });
    const reads = Array.from({ length: 100 }, () => second.readWord(0, 0, 0));
    expect(new Set(reads.map(({ ecc }) => ecc))).toEqual(new Set(['clean', 'corrected', 'failed']));
  });

  it('that somebody has replaced is whole, and damage that cannot be read is refused', async () => {
    const first = await open('replaced.bin');
    first.world.board.chip.flash.flipBit(0x08000000, 0);
    await first.close();
    expect(existsSync(join(folder, 'replaced.bin.damage'))).toBe(true);
    writeFileSync(join(folder, 'replaced.bin'), new Uint8Array(128 * 1024).fill(7));
    const second = await open('replaced.bin');
    expect(second.world.board.chip.flash.damage.size).toBe(0);
    await second.close();
    expect(existsSync(join(folder, 'replaced.bin.damage'))).toBe(false);
    writeFileSync(join(folder, 'replaced.bin.damage'), '{');
    await expect(open('replaced.bin')).rejects.toThrow(/cannot read .*replaced\.bin\.damage/);
  });

  it('of another size is refused and not touched', async () => {
    writeFileSync(join(folder, 'foreign.bin'), 'precious');
    await expect(open('foreign.bin')).rejects.toThrow(/has 8 bytes; the flash of STM32H750xB has 131072/);
    expect(readFileSync(join(folder, 'foreign.bin'), 'utf8')).toBe('precious');
  });

  it('in a folder that does not exist is refused in one line', async () => {
    await expect(open('nowhere/board.bin')).rejects.toThrow(/^the flash file .*nowhere.*board\.bin cannot be written: it does not exist, or its folder does not$/);
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });
});
