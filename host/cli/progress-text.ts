/** Progress as text: quantities, a bar, one line as wide as the terminal. Pure. */
import type { Goodput } from './goodput.js';

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly goodput: Goodput | undefined;
  /** What the board is busy with. */
  readonly detail: string | undefined;
}

/** Leaves room for the facts in 80 columns. */
const BAR_CELLS = 16;

/** `[######------]  50 %  788.6 of 1577.1 KiB  10.3 KiB/s  1 min 16 s left  erasing sector 4`, cut to `columns`. */
export function progressLine(progress: Progress, columns: number): string {
  const line = `${bar(progress)} ${progressFacts(progress)}`;
  return line.length < columns ? line : line.slice(0, Math.max(0, columns - 1));
}

export function progressFacts({ done, total, goodput, detail }: Progress): string {
  const facts = [`${percent(done, total)} %`, `${kibibytes(done)} of ${kibibytes(total)} KiB`];
  if (goodput) facts.push(`${rate(goodput.bytesPerSecond)} KiB/s`);
  if (goodput && done < total) facts.push(`${duration(goodput.remainingSeconds)} left`);
  if (detail !== undefined) facts.push(detail);
  return facts.join('  ');
}

/** Rounded down: 100 % means all of it. */
export function percent(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((100 * done) / total);
}

/** The two largest units that matter: `850 ms`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function bar({ done, total }: Progress): string {
  const full = total === 0 ? BAR_CELLS : Math.floor((BAR_CELLS * done) / total);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}]`;
}

/** Three digits: at 9600 baud through the ROM there is less than one KiB a second. */
function rate(bytesPerSecond: number): string {
  return (bytesPerSecond / 1024).toFixed(bytesPerSecond < 10 * 1024 ? 2 : 1);
}

function kibibytes(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
