/** What the same job takes through the ROM bootloader alone, read back: `--direct`, or any other AN3155 tool. Pure arithmetic. */
import type { Plan } from './plan.js';
import type { LineFacts } from './wire-schedule.js';

const BLOCK_BYTES = 256;
/** AN3155 §3.4, §3.6: command and its complement, address and checksum, then count, data and checksum, or count and its complement. */
const WRITE_BYTES_UP = 2 + 5 + 2;
const READ_BYTES_UP = 2 + 5 + 2;
const ACKNOWLEDGEMENTS = 3;
const ROUND_TRIPS_PER_BLOCK = ACKNOWLEDGEMENTS;
/** Extended Erase: the command, then the list. */
const ROUND_TRIPS_PER_ERASE = 2;
/** Synchronising and Get ID. */
const ROUND_TRIPS_BEFORE = 2;

export interface RomEstimate {
  readonly seconds: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** All sectors of the image, whatever they hold: the ROM cannot tell what is right already. */
export function estimateRom(plan: Plan, line: LineFacts): RomEstimate {
  const { sectorEraseMs, wordProgramUs } = plan.part.flashTiming.x8;
  const touchedBytes = plan.sectors.reduce((sum, { sector, uncoveredBytes }) => sum + sector.lengthBytes - uncoveredBytes, 0);
  const blocks = touchedBytes / BLOCK_BYTES;
  const roundTrips = ROUND_TRIPS_BEFORE + ROUND_TRIPS_PER_ERASE * plan.sectors.length + 2 * ROUND_TRIPS_PER_BLOCK * blocks;
  const bytesUp = blocks * (BLOCK_BYTES + WRITE_BYTES_UP + READ_BYTES_UP);
  const bytesDown = blocks * (BLOCK_BYTES + 2 * ACKNOWLEDGEMENTS);
  const programSeconds = ((touchedBytes / plan.part.flashWordBytes) * wordProgramUs.typical) / 1e6;
  const seconds = roundTrips * line.roundTripSeconds + (bytesUp + bytesDown) * line.secondsPerByte + programSeconds + (plan.sectors.length * sectorEraseMs.typical) / 1000;
  return { seconds, bytesUp: Math.round(bytesUp), bytesDown: Math.round(bytesDown) };
}
