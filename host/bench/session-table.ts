/** 1 MiB of noise at 115200 8E1 against the time that the wire needs, and against the ROM bootloader alone. */
import { incompressibleImage } from './images.js';
import { measureSession } from './measure-session.js';

const LENGTH_BYTES = 2 ** 20;
const BAUD = 115_200;
const BITS_PER_BYTE = 11;
const ROUND_TRIPS_MS = [1, 100, 600, 2000] as const;

interface Row {
  readonly rttMs: number;
  readonly sessionS: number;
  readonly goalS: number;
  readonly roundTripsUntilData: number;
  readonly bytesBoth: number;
  readonly directS: number;
}

/** Lines of Markdown. @param say is told what is being measured */
export async function sessionTable(say: (text: string) => void): Promise<string[]> {
  const image = incompressibleImage(LENGTH_BYTES);
  const rows: Row[] = [];
  let fastestUntilDataMs = 0;
  for (const rttMs of ROUND_TRIPS_MS) {
    say(`1 MiB at ${BAUD}, RTT ${rttMs} ms`);
    const board = { rtt: `${rttMs}ms`, baud: String(BAUD) };
    const ours = await measureSession(image, board);
    const direct = await measureSession(image, board, { options: { direct: true } });
    if (rttMs === ROUND_TRIPS_MS[0]) fastestUntilDataMs = ours.untilDataMs!;
    rows.push({
      rttMs,
      sessionS: ours.sessionMs / 1000,
      goalS: (1.03 * LENGTH_BYTES * BITS_PER_BYTE) / BAUD + (14 * rttMs) / 1000 + 0.5,
      // What the round trip adds, against the run where it is all but nothing; half a round trip more until the frame arrives.
      roundTripsUntilData: rttMs === ROUND_TRIPS_MS[0] ? Number.NaN : (ours.untilDataMs! - fastestUntilDataMs) / (rttMs - ROUND_TRIPS_MS[0]),
      bytesBoth: ours.bytesToBoard + ours.bytesFromBoard,
      directS: direct.sessionMs / 1000,
    });
  }
  return [
    '| RTT ms | session s | goal s | RTTs from the first byte to the first data frame | bytes both ways | ROM alone (`--direct`, read back) s | factor |',
    '|--:|--:|--:|--:|--:|--:|--:|',
    ...rows.map((row) =>
      `| ${row.rttMs} | ${row.sessionS.toFixed(2)} | ${row.goalS.toFixed(2)}${row.sessionS <= row.goalS ? '' : ' (missed)'} | ${Number.isNaN(row.roundTripsUntilData) ? '–' : row.roundTripsUntilData.toFixed(2)} | ${row.bytesBoth} | ${row.directS.toFixed(0)} | ${(row.directS / row.sessionS).toFixed(1)} |`),
  ];
}
