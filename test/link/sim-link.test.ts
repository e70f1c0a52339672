import { describe, expect, it } from 'vitest';
import { StageFlashError } from '../../host/errors.js';
import type { SimLink } from '../../host/link/sim-link.js';
import { connectSimLink, openSimLink } from '../../host/link/sim-link.js';

const ACK = 0x79;
const NACK = 0x1f;

const open = (query: string): Promise<SimLink> => openSimLink(new URLSearchParams(query));

/** Sends, then collects until `count` bytes have come or `waitMs` of virtual time have passed. */
async function exchange(link: SimLink, bytes: readonly number[], count: number, waitMs = 5000): Promise<number[]> {
  await link.send(Uint8Array.from(bytes));
  const heard: number[] = [];
  const deadlineMs = link.now() + waitMs;
  while (heard.length < count && link.now() < deadlineMs) heard.push(...(await link.receive(deadlineMs)));
  return heard;
}

async function synchronise(query: string): Promise<SimLink> {
  const link = await open(query);
  expect(await exchange(link, [0x7f], 1)).toEqual([ACK]);
  return link;
}

describe('sim link', () => {
  it('lets no time pass but in receive', async () => {
    const link = await open('');
    const start = link.now();
    await link.send(Uint8Array.of(0x7f));
    expect(link.now()).toBe(start);
    expect(await link.receive(start + 5)).toEqual(new Uint8Array());
    expect(link.now()).toBeGreaterThanOrEqual(start + 5);
    expect(link.now()).toBeLessThan(start + 5.01);
  });

  it('answers 0x7F after one round trip, two characters, the turnaround and the packing interval', async () => {
    const link = await open('rtt=600ms');
    const start = link.now();
    expect(await exchange(link, [0x7f], 1)).toEqual([ACK]);
    const characterMs = (11 * 1000) / 115200;
    expect(link.now() - start).toBeCloseTo(600 + 3 * characterMs + 4 * characterMs + 0.035, 1);
  });

  it('takes one round trip to open, and tells how long that was', async () => {
    expect((await open('rtt=600ms')).connectMs).toBeCloseTo(600, 6);
    expect((await open('rtt=600ms')).now()).toBeCloseTo(1600, 0);
  });

  it.each([5, 50])('lets time pass at %i times the speed of the wall when told to', async (scale) => {
    const link = await open(`time-scale=${scale}`);
    const wallMs = performance.now();
    await link.receive(link.now() + 100 * scale);
    expect(performance.now() - wallMs).toBeGreaterThan(95);
    expect(performance.now() - wallMs).toBeLessThan(1000);
  });

  it('leaves the event loop its turns, however short each receive is', async () => {
    const link = await open('boot0=low');
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const wallMs = performance.now();
    while (turns < 3 && performance.now() - wallMs < 5000) await link.receive(link.now() + 1);
    clearInterval(timer);
    expect(turns).toBe(3);
  });

  it('identifies the chip of its options', async () => {
    const link = await synchronise('chip=STM32H723xG&rtt=50ms&jitter=20ms');
    expect(await exchange(link, [0x02, 0xfd], 5)).toEqual([ACK, 1, 0x04, 0x83, ACK]);
  });

  it('repeats to the byte and to the microsecond from the same seed', async () => {
    const session = async (seed: number): Promise<[number[], number]> => {
      const link = await synchronise(`rtt=200ms&jitter=150ms&loss=5&seed=${seed}`);
      const heard = await exchange(link, [0x00, 0xff], 15);
      return [heard, link.now()];
    };
    expect(await session(5)).toEqual(await session(5));
    expect((await session(5))[1]).not.toBe((await session(6))[1]);
  });

  it('hears nothing while the board boots an application', async () => {
    const link = await open('boot0=low');
    expect(await exchange(link, [0x7f], 1, 2000)).toEqual([]);
    expect(link.world.boardEvents.map(({ kind }) => kind)).toEqual(['application', 'lockup']);
  });

  it('counts what crosses the wires of the board', async () => {
    const link = await synchronise('');
    await exchange(link, [0x02, 0xfd], 5);
    expect(link.world.traffic).toMatchObject({ bytesToBoard: 3, bytesFromBoard: 6 });
  });

  it('reads a byte of system memory that tells the ROM version', async () => {
    const link = await synchronise('bootloader=0x90');
    expect(await exchange(link, [0x11, 0xee], 1)).toEqual([ACK]);
    expect(await exchange(link, [0x1f, 0xf1, 0xe7, 0xfe, 0x1f ^ 0xf1 ^ 0xe7 ^ 0xfe], 1)).toEqual([ACK]);
    expect(await exchange(link, [0x00, 0xff], 2)).toEqual([ACK, 0x90]);
  });

  it('shows an 8N1 converter by its signature', async () => {
    const link = await synchronise('parity=none');
    expect((await exchange(link, [0x02, 0xfd], 1, 1000))[0]).not.toBe(ACK);
  });
});

describe('sim link connections', () => {
  it('refuses a second client while there is one', async () => {
    const link = await open('');
    expect(() => connectSimLink(link.world, link.options)).toThrow(StageFlashError);
  });

  it('lets a client come back after it has closed, to the same board', async () => {
    const link = await synchronise('');
    await link.close();
    const again = connectSimLink(link.world, link.options);
    expect(await exchange(again, [0x7f, 0x7f], 1)).toEqual([NACK]);
  });

  it('throws after its end, once everything that came before is handed over', async () => {
    const link = await synchronise('rtt=100ms&fault=close%3D3');
    await link.send(Uint8Array.of(0x02, 0xfd));
    await expect(link.receive(link.now() + 1000)).rejects.toThrow(/closed/);
    await expect(link.send(Uint8Array.of(1))).rejects.toThrow(StageFlashError);
  });
});
