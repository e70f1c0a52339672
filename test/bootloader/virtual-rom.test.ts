/** The AN3155 session against the ROM model of the virtual board: real timing, real flash, every version. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { flashDirect } from '../../host/bootloader/direct-flash.js';
import { LINK_PROFILES } from '../../host/board/link-profiles.js';
import { RomSession } from '../../host/bootloader/rom-session.js';
import type { Image } from '../../host/image/image.js';
import { createImage } from '../../host/image/image.js';
import type { SimLink } from '../../host/link/sim-link.js';
import { openSimLink } from '../../host/link/sim-link.js';

const RAM = 0x2000_4100;
const random = new Random(7);
const loader = random.fill(new Uint8Array(512));

async function board(query: string) {
  const link = await openSimLink(new URLSearchParams(query));
  const said: string[] = [];
  return { link, said, rom: new RomSession(link, (text) => said.push(text)) };
}

async function placeLoader(rom: RomSession): Promise<void> {
  await rom.writeRam(RAM, loader.subarray(0, 256));
  await rom.writeRam(RAM + 256, loader.subarray(256));
}

describe('a loader in RAM', () => {
  test.each([
    ['STM32H743xI', '0x90', 0x450],
    ['STM32H743xI', '0x91', 0x450],
    ['STM32H743xI', '0x92', 0x450],
    ['STM32H743xI', '0xD2', 0x450],
    ['STM32H723xG', '0x93', 0x483],
    ['STM32H7A3xI', '0x92', 0x480],
  ])('%s, bootloader %s', async (chip, bootloader, id) => {
    const { link, rom, said } = await board(`chip=${chip}&bootloader=${bootloader}&rtt=600ms`);
    await rom.synchronise();
    expect(await rom.getId()).toBe(id);
    await placeLoader(rom);
    expect(Buffer.concat([await rom.readMemory(RAM, 256), await rom.readMemory(RAM + 256, 256)])).toEqual(Buffer.from(loader));
    expect((await rom.get()).protocolVersion).toBe(0x31);
    expect(said).toEqual([]);
    await link.close();
  });

  test('costs eight round trips until Go', async () => {
    const { link, rom } = await board('rtt=600ms');
    const startMs = link.now();
    await rom.synchronise();
    await rom.getId();
    await placeLoader(rom);
    const wireMs = 58; // 541 bytes out and 12 back at 115200 baud, 8E1: 53 ms; the ROM takes a little time itself
    expect(link.now() - startMs).toBeLessThan(8 * 600 + wireMs);
    expect(rom.roundTrip.smoothedMs).toBeGreaterThan(590);
    expect(rom.roundTrip.smoothedMs).toBeLessThan(620);
    await link.close();
  });

  test.each([
    ['pins that want 0x7F twice', 'pins=PB14/PB15&rtt=600ms'],
    ['8 s ± 4 s', 'rtt=8s&jitter=4s&seed=3'],
    ['9600 baud', 'baud=9600&rtt=2s'],
  ])('over %s', async (_name, query) => {
    const { link, rom } = await board(query);
    await rom.synchronise();
    expect(await rom.getId()).toBe(0x450);
    await placeLoader(rom);
    expect(Buffer.from(await rom.readMemory(RAM, 256))).toEqual(Buffer.from(loader.subarray(0, 256)));
    await link.close();
  });

  test('where no ROM listens is an error that says what to check', async () => {
    const { rom } = await board('boot0=low&tolerate=all&rtt=600ms');
    await expect(rom.synchronise()).rejects.toMatchObject({ kind: 'bootloader', hint: expect.stringContaining('BOOT0') as string });
  });

  test('behind a converter set to 8N1 is an error that says so', async () => {
    const { rom } = await board('parity=none&tolerate=all&rtt=600ms');
    const start = async (): Promise<void> => {
      await rom.synchronise();
      await rom.getId();
    };
    await expect(start()).rejects.toMatchObject({ kind: 'bootloader', hint: expect.stringContaining('8E1') as string });
  });
});

describe('in the field', () => {
  async function place(query: string): Promise<{ placed: boolean; discardedBytes: number }> {
    const { link, rom } = await board(`${query}&tolerate=all`);
    await rom.synchronise();
    await rom.getId();
    await placeLoader(rom);
    const placed = Buffer.compare(Buffer.from(memory(link)), Buffer.from(loader)) === 0;
    await link.close();
    return { placed, discardedBytes: rom.discardedBytes };
  }
  const memory = ({ world: { board: { chip } } }: SimLink): number[] => Array.from(loader, (_, index) => chip.read(RAM + index, 1, chip.tick));

  test.each(Object.keys(LINK_PROFILES))('the loader arrives over %s', async (profile) => {
    expect(await place(`profile=${profile}`)).toEqual({ placed: true, discardedBytes: 0 });
  });

  test.each(['banner', 'prefix', 'echo', 'heartbeat-network=0.5s', 'heartbeat-line=3.7s', 'second-client=2s', 'idle-close'])('the loader arrives in spite of %s', async (fault) => {
    expect(await place(`fault=${fault}&rtt=300ms`)).toMatchObject({ placed: true });
  });

  test.each([1, 2, 3, 4, 5, 6])('seed %i: the loader arrives in shorter pieces where one byte in a hundred is lost', async (seed) => {
    expect(await place(`fault=lose=1&rtt=300ms&seed=${seed}`)).toMatchObject({ placed: true });
  });

  test.each([
    ['ff-doubled', 'bootloader', /raw mode, no telnet|8E1/],
    ['ff-stripped', 'bootloader', /raw mode, no telnet/],
    ['xonxoff', 'bootloader', /no XON\/XOFF/],
    ['reset=300', 'link', /./],
    ['close=300', 'link', /./],
    ['silence=300', 'bootloader', /./],
  ])('%s ends with an error of kind %s', async (fault, kind, hint) => {
    const error = await place(`fault=${fault}&rtt=300ms`).then(() => undefined, (reason: unknown) => reason);
    expect(error).toMatchObject({ kind, ...(kind === 'bootloader' && { hint: expect.stringMatching(hint) as string }) });
  });
});

describe('--direct', () => {
  const image = (address: number, lengthBytes: number): Image => createImage('fw.bin', 'raw binary', [{ address, bytes: random.fill(new Uint8Array(lengthBytes)) }]);

  function flashContent(link: SimLink, { segments: [segment] }: Image): Buffer {
    const { address = 0, bytes = new Uint8Array() } = segment ?? {};
    return Buffer.from(link.world.board.chip.flash.peek(address, bytes.length));
  }

  test.each([
    ['STM32H743xI', '0x92', 0x0800_0000],
    ['STM32H743xI', '0x90', 0x0810_0000],
    ['STM32H743xG', '0x91', 0x0810_0000],
    ['STM32H723xG', '0x93', 0x0800_0000],
    ['STM32H7A3xI', '0x92', 0x0810_2000],
  ])('%s, bootloader %s, at %i', async (chip, bootloader, address) => {
    const { link, rom } = await board(`chip=${chip}&bootloader=${bootloader}&rtt=100ms`);
    const target = image(address, 9000);
    await rom.synchronise();
    await rom.getId();
    await flashDirect({ link, rom, part: link.options.chip, image: target, verify: true, events: () => {} });
    expect(flashContent(link, target).equals(Buffer.from(target.segments[0]?.bytes ?? []))).toBe(true);
    await link.close();
  });
});
