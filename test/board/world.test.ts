import { describe, expect, it } from 'vitest';
import { blobOf, readManifest } from '../../host/blobs/manifest.js';
import { parseBoardOptions } from '../../host/board/board-options.js';
import { createWorld } from '../../host/board/create-world.js';
import { statisticsOf } from '../../host/board/statistics.js';
import { msToTicks, ticksToMs } from '../../host/board/time.js';
import type { World } from '../../host/board/world.js';
import { RomSession } from '../../host/bootloader/rom-session.js';
import type { SimLink } from '../../host/link/sim-link.js';
import { openSimLink } from '../../host/link/sim-link.js';
import { loaderImage } from '../../host/loader/loader-image.js';
import { startStub } from '../../host/loader/start-stub.js';

const TOKEN = 0x21436587;

/** ROM, loader and stub, up to the stub's first message: the real binaries on the virtual board. */
async function stubSession(query: string): Promise<SimLink> {
  const link = await openSimLink(new URLSearchParams(query));
  const rom = new RomSession(link);
  await rom.synchronise();
  await rom.getId();
  const manifest = readManifest();
  const loader = blobOf(manifest, 'loader');
  const image = loaderImage(loader.bytes, TOKEN, 20_000);
  for (let at = 0; at < image.length; at += 256) await rom.writeRam(loader.address + at, image.subarray(at, at + 256));
  await rom.go(loader.address);
  await startStub(link, rom.roundTrip, blobOf(manifest, 'stub').bytes, TOKEN);
  return link;
}

function bareWorld(query: string): World {
  const world = createWorld(parseBoardOptions(new URLSearchParams(query)));
  world.run(msToTicks(1000));
  return world;
}

describe('world', () => {
  it('repeats a session through ROM, loader and stub to the tick', async () => {
    const once = async (): Promise<unknown> => {
      const link = await stubSession('rtt=80ms&jitter=60ms&loss=2&rom-resets=no&seed=9');
      return { now: link.now(), statistics: statisticsOf(link.world), registers: [...link.world.board.chip.cpu.r] };
    };
    expect(await once()).toEqual(await once());
  });

  it('keeps loader and stub alive beside a watchdog that the option byte started', async () => {
    const link = await stubSession('rtt=600ms&iwdg=hardware&rom-resets=no');
    link.world.run(link.world.now + msToTicks(60_000));
    expect(link.world.boardEvents.map(({ kind }) => kind)).toEqual(['rom', 'go']);
  });

  it('does not depend on how long it is run at a time', () => {
    const session = (sliceMs: number): unknown => {
      const world = bareWorld('rtt=30ms&jitter=20ms&seed=3');
      const connection = world.connect();
      const heard: (readonly [number, number])[] = [];
      if (connection !== undefined) connection.onActivity = () => heard.push([world.now, connection.take().length]);
      for (const bytes of [[0x7f], [0x02, 0xfd], [0x00, 0xff]]) {
        connection?.send(Uint8Array.from(bytes), world.now);
        const until = world.now + msToTicks(120);
        while (world.now < until) world.run(Math.min(until, world.now + msToTicks(sliceMs)));
      }
      return [heard, world.traffic];
    };
    expect(session(0.037)).toEqual(session(120));
  });

  it('lets the board hear a byte no earlier than the network delivers it', () => {
    const world = bareWorld('rtt=500ms');
    const connection = world.connect();
    connection?.send(Uint8Array.of(0x7f), world.now);
    const sentTick = world.now;
    world.run(sentTick + msToTicks(249));
    expect(world.traffic.bytesToBoard).toBe(0);
    world.run(sentTick + msToTicks(251));
    expect(world.traffic.bytesToBoard).toBe(1);
    expect(ticksToMs((world.traffic.firstTick ?? 0) - sentTick)).toBeCloseTo(250 + (11 * 1000) / 115_200, 3);
  });

  it('stops where it is told to, after the event that was waited for', () => {
    const world = bareWorld('rtt=10ms');
    const connection = world.connect();
    connection?.send(Uint8Array.of(0x7f), world.now);
    const start = world.now;
    world.run(start + msToTicks(10_000), () => connection?.hasArrived === true);
    expect(ticksToMs(world.now - start)).toBeLessThan(12);
  });
});
