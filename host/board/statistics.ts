/** What a board has seen, counted where it happens: on its wires and in its flash. For summaries, benches and tests. */
import { ticksToMs } from './time.js';
import type { World } from './world.js';

export interface BoardStatistics {
  /** Virtual time since the board was switched on. */
  readonly boardMs: number;
  /** From the first start bit to the last stop bit on the board's wires; 0 without traffic. */
  readonly lineMs: number;
  readonly bytesToBoard: number;
  readonly bytesFromBoard: number;
  /** Flash words programmed and sectors erased. */
  readonly programs: number;
  readonly erases: number;
  /** Bytes that a full converter buffer lost, and characters that the ROM was too busy for. */
  readonly bytesLostInConverter: number;
  readonly charactersLostInRom: number;
  /** On two wires: characters of either direction that the other one garbled. */
  readonly charactersCollided: number;
  /** Times the board went into the ROM, an application, or lock-up. */
  readonly boots: Readonly<Record<'rom' | 'go' | 'application' | 'lockup', number>>;
}

export function statisticsOf(world: World): BoardStatistics {
  const { traffic, board, converter, boardEvents } = world;
  const count = (kind: string): number => boardEvents.filter((event) => event.kind === kind).length;
  return {
    boardMs: ticksToMs(world.now),
    lineMs: ticksToMs((traffic.lastTick ?? 0) - (traffic.firstTick ?? 0)),
    bytesToBoard: traffic.bytesToBoard,
    bytesFromBoard: traffic.bytesFromBoard,
    programs: board.chip.flash.programCount,
    erases: board.chip.flash.eraseCount,
    bytesLostInConverter: converter.overflowedBytes,
    charactersLostInRom: board.rom.lostCharacters,
    charactersCollided: converter.twoWires?.collidedCharacters ?? 0,
    boots: { rom: count('rom'), go: count('go'), application: count('application'), lockup: count('lockup') },
  };
}

/** One line for people. */
export function describeStatistics(statistics: BoardStatistics): string {
  const { lineMs, bytesToBoard, bytesFromBoard, programs, erases } = statistics;
  return `board: ${(lineMs / 1000).toFixed(3)} s from first to last byte, ${bytesToBoard} bytes in, ${bytesFromBoard} out, ${programs} flash words programmed, ${erases} sectors erased`;
}
