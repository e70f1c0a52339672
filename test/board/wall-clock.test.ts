import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseBoardOptions } from '../../host/board/board-options.js';
import { createWorld } from '../../host/board/create-world.js';
import { ticksToMs } from '../../host/board/time.js';
import { WallClock } from '../../host/board/wall-clock.js';
import type { World } from '../../host/board/world.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const newWorld = (): World => createWorld(parseBoardOptions([]));

describe('wall clock', () => {
  it.each([0.5, 1, 20])('runs the world at %f times the speed of the wall', (scale) => {
    const world = newWorld();
    const clock = new WallClock(world, { scale, onBehind: () => expect.fail('it kept up'), onFailure: () => expect.fail('nothing failed') });
    clock.start();
    vi.advanceTimersByTime(1000);
    expect(ticksToMs(world.now)).toBeCloseTo(1000 * scale, -1);
    clock.stop();
    const stopped = world.now;
    vi.advanceTimersByTime(1000);
    expect(world.now).toBe(stopped);
  });

  it('says when the board falls behind, and says it again only when it has become twice as bad', () => {
    const world = newWorld();
    const told: number[] = [];
    // A machine on which the world takes three times as long as its own time.
    let slowMs = 0;
    const run = world.run.bind(world);
    world.run = (untilTick) => {
      const before = world.now;
      run(untilTick);
      slowMs += 3 * ticksToMs(world.now - before);
    };
    const now = performance.now.bind(performance);
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => now() + slowMs);
    const clock = new WallClock(world, { scale: 1, onBehind: (behindMs) => told.push(behindMs), onFailure: () => undefined });
    clock.start();
    vi.advanceTimersByTime(2000);
    spy.mockRestore();
    clock.stop();
    expect(told.length).toBeGreaterThan(1);
    expect(told[0]).toBeGreaterThanOrEqual(250);
    told.slice(1).forEach((behindMs, at) => expect(behindMs).toBeGreaterThanOrEqual(2 * (told[at] ?? 0)));
  });

  it('hands on what the world throws, and runs it no more', () => {
    const world = newWorld();
    let runs = 0;
    world.run = () => {
      runs++;
      throw new Error('violated');
    };
    const failures: unknown[] = [];
    new WallClock(world, { scale: 1, onBehind: () => undefined, onFailure: (error) => failures.push(error) }).start();
    vi.advanceTimersByTime(1000);
    expect(runs).toBe(1);
    expect(failures).toEqual([new Error('violated')]);
  });
});
