import { expect, test } from 'vitest';
import { reportPaceMs } from '../../host/protocol/report-pace.js';

test.each([
  [9600, 6667],
  [115_200, 556],
  [2_000_000, 50],
  [1200, 8000],
])('at %d baud reports are %d ms apart', (baudRate, paceMs) => {
  expect(Math.round(reportPaceMs(baudRate))).toBe(paceMs);
});
