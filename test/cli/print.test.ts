import { describe, expect, test } from 'vitest';
import type { JobEvent } from '../../host/events.js';
import { GoodputMeter } from '../../host/cli/goodput.js';
import type { PrintStyle } from '../../host/cli/print.js';
import { createPrinter } from '../../host/cli/print.js';
import { duration, progressLine } from '../../host/cli/progress-text.js';
import { REPORT } from './report.js';

const phase: JobEvent = { type: 'phase', phase: 'stream', text: 'Sending', atMs: 0 };
const note: JobEvent = { type: 'note', text: 'Sector 3 matches', atMs: 1 };
const warning: JobEvent = { type: 'warning', text: '12 bytes were discarded', atMs: 2 };
const progress = (done: number): JobEvent => ({ type: 'progress', phase: 'stream', done, total: 102_400, atMs: done / 10.24 });

function print(style: PrintStyle, columns: number | undefined, events: readonly JobEvent[]): { stdout: string; stderr: string } {
  let stdout = '';
  let stderr = '';
  const printer = createPrinter(style, { write: (text) => void (stdout += text), columns: undefined }, { write: (text) => void (stderr += text), columns });
  for (const event of events) printer.event(event);
  printer.result(REPORT);
  return { stdout, stderr };
}

describe('without a terminal', () => {
  test('there is a line for every tenth of the way, and none twice', () => {
    const events = Array.from({ length: 101 }, (_, percent) => progress(percent * 1024));
    const { stdout, stderr } = print('people', undefined, [phase, ...events, note]);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(12);
    expect(lines[0]).toBe('Sending');
    expect(lines[5]).toBe('  50 %  50.0 of 100.0 KiB  10.0 KiB/s  5 s left');
    expect(lines[10]).toBe('  100 %  100.0 of 100.0 KiB  10.0 KiB/s');
    expect(lines[11]).toBe('Sector 3 matches');
    expect(stdout).toBe('fw.bin is in flash\n');
  });

  test('a jump over several tenths is one line', () => {
    expect(print('people', undefined, [phase, progress(50 * 1024), progress(51 * 1024)]).stderr.split('\n')).toHaveLength(3);
  });

  test('warnings are marked', () => {
    expect(print('people', undefined, [warning]).stderr).toBe('warning: 12 bytes were discarded\n');
  });
});

describe('on a terminal', () => {
  test('a bar is redrawn in place, a note goes above it, the result below', () => {
    const { stderr } = print('people', 80, [phase, progress(51_200), note, progress(102_400)]);
    expect(stderr).toBe(
      'Sending\n' +
        '\r[########--------] 50 %  50.0 of 100.0 KiB\x1b[K' +
        '\r\x1b[KSector 3 matches\n' +
        '\r[################] 100 %  100.0 of 100.0 KiB  10.0 KiB/s\x1b[K\n',
    );
  });

  test('no line is wider than the terminal', () => {
    const goodput = { bytesPerSecond: 1, remainingSeconds: 1e6 };
    for (const columns of [1, 20, 40, 80, 200]) {
      expect(progressLine({ done: 1, total: 2, goodput, detail: 'erasing sector 4' }, columns).length).toBeLessThan(columns);
    }
  });

  test('thousands of events a second are not drawn one by one', () => {
    const events = Array.from({ length: 10_000 }, (_, done) => progress(done));
    expect(print('people', 80, [phase, ...events]).stderr.split('\r').length).toBeLessThan(50);
  });
});

test('--quiet prints warnings and the result only', () => {
  expect(print('quiet', 80, [phase, progress(1), note, warning])).toEqual({ stdout: 'fw.bin is in flash\n', stderr: 'warning: 12 bytes were discarded\n' });
});

describe('goodput', () => {
  test('is measured over the last ten seconds', () => {
    const meter = new GoodputMeter();
    for (let second = 0; second <= 100; second++) meter.observe(second * 1000, 1e6, second * 1000);
    for (let second = 101; second < 115; second++) meter.observe(100_000 + (second - 100) * 100, 1e6, second * 1000);
    expect(meter.observe(101_500, 1e6, 115_000)).toEqual({ bytesPerSecond: 100, remainingSeconds: 8985 });
  });

  test('is not guessed from a moment or from standstill', () => {
    const meter = new GoodputMeter();
    expect(meter.observe(0, 100, 0)).toBeUndefined();
    expect(meter.observe(50, 100, 100)).toBeUndefined();
    expect(meter.observe(50, 100, 1000)).toBeDefined();
    expect(meter.observe(50, 100, 60_000)).toBeUndefined();
  });
});

test.each([
  [0.85, '850 ms'],
  [42.4, '42 s'],
  [59.6, '1 min 0 s'],
  [200, '3 min 20 s'],
  [7500, '2 h 5 min'],
])('%d s are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
