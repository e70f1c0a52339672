/**
 * A board with something wrong, and a client that is nobody's program: what the tests of faults stand on. It remembers which faults
 * were tried, so that each group's test can say that it left none out.
 */
import { parseBoardOptions } from '../../../host/board/board-options.js';
import type { Connection } from '../../../host/board/connection.js';
import { createWorld } from '../../../host/board/create-world.js';
import { msToTicks } from '../../../host/board/time.js';
import type { World } from '../../../host/board/world.js';

export const ACK = 0x79;
export const NACK = 0x1f;

const tried = new Set<string>();

/** Names of the faults that `withFault` was asked for in this file. */
export const faultsTried = (): readonly string[] => [...tried].sort();

export interface Session {
  readonly world: World;
  readonly connection: Connection;
  /** Sends, waits `ms` and returns what has arrived at the host. */
  readonly exchange: (bytes: readonly number[], ms?: number) => number[];
}

/** A board with this fault that has been on for a second, and a client. */
export function withFault(spec: string, more = ''): Session {
  tried.add(spec.split('=')[0] ?? '');
  const world = createWorld(parseBoardOptions(new URLSearchParams(`fault=${encodeURIComponent(spec)}&${more}`)));
  world.run(msToTicks(1000));
  const connection = world.connect();
  if (connection === undefined) throw new Error('no connection');
  const exchange = (bytes: readonly number[], ms = 100): number[] => {
    connection.send(Uint8Array.from(bytes), world.now);
    world.run(world.now + msToTicks(ms));
    return connection.take().flatMap((chunk) => [...chunk]);
  };
  return { world, connection, exchange };
}

/** What reaches the board's wire. */
export function wireTap(world: World): number[] {
  const seen: number[] = [];
  const lineIn = world.board.lineIn.bind(world.board);
  world.board.lineIn = (run) => {
    seen.push(...run.bytes);
    lineIn(run);
  };
  return seen;
}
