/** Troubles that are no fault of the virtual converter: its settings, the board's state, who else is there. */
import { describe, expect, test } from 'vitest';
import { blobOf, readManifest } from '../../host/blobs/manifest.js';
import { RomSession } from '../../host/bootloader/rom-session.js';
import type { LineSettings } from '../../host/link/line-settings.js';
import { connectSimLink, type SimLink } from '../../host/link/sim-link.js';
import { loadStub } from '../../host/loader/load-stub.js';
import { examined, flashesAtOnce } from './examined.js';

const even = (baudRate: number): LineSettings => ({ baudRate, parity: 'even', stopBits: 1 });

function setLine({ world }: SimLink, line: LineSettings): void {
  world.converter.line = line;
}

/** Over a connection of its own, before the doctor comes. */
async function before(link: SimLink, act: (earlier: SimLink) => Promise<void>): Promise<void> {
  await act(link);
}

describe('of the converter', () => {
  test('two stop bits in place of parity are no parity: odd bytes pass in one piece, even ones do not', async () => {
    const { diagnosis, names } = await examined('', (link) => setLine(link, { baudRate: 115_200, parity: 'none', stopBits: 2 }));
    expect(names).toEqual(['no-parity']);
    expect(diagnosis.findings[0]!.evidence).toContain('00 FF is refused');
  });

  test('a bootloader that has measured another rate answers garbage or nothing', async () => {
    const { names } = await examined('', async (link) => {
      await before(link, async (earlier) => {
        setLine(earlier, even(9600));
        await new RomSession(earlier).synchronise();
        setLine(earlier, even(115_200));
      });
    });
    expect(names).toEqual(['wrong-rate']);
  });

  test('a packing interval of 50 ms is too long', async () => {
    const { diagnosis, names } = await examined('packing-interval=50ms');
    expect(names).toEqual(['slow-packing']);
    expect(diagnosis.facts.holdingMs).toBeCloseTo(50, 0);
  });

  test.each([512, 768])('a buffer of %i bytes that loses the rest is too small, and its size is told', async (bytes) => {
    const { diagnosis, names } = await examined(`buffer=${bytes}&back-pressure=no`);
    expect(names).toEqual(['small-buffer']);
    expect(diagnosis.facts.burst).toEqual({ sentBytes: 1460, arrivedBytes: bytes });
  });
});

describe('of the board', () => {
  test('no bootloader answers where the application is silent, or there is none', async () => {
    expect((await examined('boot0=low')).names).toEqual(['no-answer']);
  });

  test('a loop-back is an echo, and no bootloader', async () => {
    expect((await examined('boot0=low&fault=echo')).names).toEqual(['echo', 'no-answer']);
  });

  test('an echo does not hide a bootloader that is in step already', async () => {
    const { names } = await examined('fault=echo', async (earlier) => {
      await earlier.send(Uint8Array.of(0x7f));
      while ((await earlier.receive(earlier.now() + 100)).length > 0);
    });
    expect(names).toEqual(['echo']);
  });

  test('an application that talks is shown with its words', async () => {
    const { diagnosis, names } = await examined('boot0=low&fault=board-reset=1500ms&tolerate=usart-overrun', ({ world }) => {
      for (const name of ['application-bank1', 'application-bank2'] as const) {
        const { address, bytes } = blobOf(readManifest(), name);
        const words = new Uint8Array(Math.ceil(bytes.length / 32) * 32).fill(0xff);
        words.set(bytes);
        world.board.chip.flash.poke(address, words);
      }
    });
    expect(names).toEqual(['application']);
    expect(diagnosis.findings[0]!.evidence).toContain('stage-flash demo application');
  });

  test('read-out protection is told, and that every byte passes is found out without reading', async () => {
    expect((await examined('rdp=1')).names).toEqual(['read-out-protection']);
    expect((await examined('rdp=1&fault=xonxoff=line')).names).toEqual(['xonxoff']);
    expect((await examined('rdp=1&fault=ff-doubled=line')).names).toEqual(['read-out-protection', 'ff-doubled']);
  });

  test.each(['tcp', 'udp'])('a stub that is at work is left alone, over %s', async (transport) => {
    let linkOfStub: SimLink | undefined;
    const { names, link } = await examined(`transport=${transport}`, async (earlier) => {
      linkOfStub = earlier;
      const rom = new RomSession(earlier);
      await rom.synchronise();
      await rom.getId();
      const manifest = readManifest();
      await loadStub(earlier, rom, blobOf(manifest, 'loader'), blobOf(manifest, 'stub'), earlier);
    });
    expect(names).toEqual(['stub-at-work']);
    expect(linkOfStub!.world.board.runs).toBe('core');
    expect(link.world.board.violations.seen).toEqual([]);
  });

  test.each<readonly [string, readonly (readonly number[])[]]>([
    ['in the middle of a Write Memory', [[0x7f], [0x31, 0xce], [0x20, 0x00, 0x41, 0x00, 0x61], [0xff, 1, 2, 3]]],
    ['after half a command', [[0x7f], [0x02]]],
    ['in step', [[0x7f], [0x02, 0xfd]]],
  ])('a bootloader that an earlier session left %s is brought into step, and a job begins at once', async (_, frames) => {
    const result = await examined('', async (earlier) => {
      for (const frame of frames) {
        await earlier.send(Uint8Array.from(frame));
        await earlier.receive(earlier.now() + 100);
      }
    });
    expect(result.names).toEqual([]);
    expect(await flashesAtOnce(result)).toBe(true);
  });
});

describe('of the connection', () => {
  test('an outage is told from a connection that is dead', async () => {
    const query = 'outage=12s/600s&rtt=200ms';
    const found = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(async (seed) => (await examined(`${query}&seed=${seed}`)).names));
    expect(new Set(found.flat()).size).toBeLessThanOrEqual(1);
    expect(['outage', undefined]).toContain(found.flat()[0]);
  });

  test('a converter that resets the board for each client is told from a board that is reset once', async () => {
    let clients = 0;
    const { names } = await examined('', ({ world }) => void world.onConnected.push(() => {
      if (++clients === 1) world.board.pressReset();
    }));
    expect(names).toEqual(['resets-on-connect']);
  });

  test('so many lost datagrams are told that a session would suffer from them', async () => {
    expect((await examined('transport=udp&fault=udp-loss=10&seed=2')).names).toEqual(['datagrams-lost']);
  });

  test('after trouble that can be lived with, a job begins at once', async () => {
    for (const fault of ['idle-close=20s', 'silence=300', 'banner', 'stale-cache', 'baud=57600']) {
      const result = await examined(`fault=${fault}`);
      expect(result.names).toHaveLength(1);
      expect(await flashesAtOnce(result)).toBe(true);
    }
  });

  test('a second connection is a client like the first: who cannot have one is told so', async () => {
    const { link } = await examined('');
    const holder = connectSimLink(link.world, link.options);
    expect(() => connectSimLink(link.world, link.options)).toThrow(/refuses the connection/);
    await holder.close();
  });
});
