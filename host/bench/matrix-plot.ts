/** The rows of the matrix that the README shows: the largest image at 115200. */
import type { MatrixRow } from './matrix-table.js';
import { plotSvg, type Series } from './plot.js';

const BAUD = 115_200;

export function matrixPlot(rows: readonly MatrixRow[]): string {
  const shown = rows.filter(({ image, baud }) => image === rows[0]?.image && baud === BAUD);
  const series = (name: string, colour: string, way: 'direct' | 'stored' | 'compressed' | 'delta'): Series => ({
    name, colour, points: shown.map((row) => ({ x: row.rttMs, y: row[way].sessionMs / 1000 })),
  });
  return plotSvg(
    `${shown[0]?.image ?? 'nothing'} at ${BAUD} baud: time to a proven flash`,
    { title: 'round trip', ticks: [1, 10, 100, 1000, 2000].map((at) => ({ at, label: at < 1000 ? `${at} ms` : `${at / 1000} s` })) },
    { title: 'time', ticks: [[10, '10 s'], [60, '1 min'], [600, '10 min'], [3600, '1 h'], [36_000, '10 h'], [100_000, '28 h']].map(([at, label]) => ({ at: Number(at), label: String(label) })) },
    [
      series('ROM bootloader alone', '#b00020', 'direct'), series('stage-flash, stored', '#1565c0', 'stored'), series('stage-flash, compressed', '#2e7d32', 'compressed'),
      series('stage-flash, update', '#6a1b9a', 'delta')],
  );
}
