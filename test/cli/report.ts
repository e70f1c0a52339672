/** A report as the tests of the command line need one; what it says is for `flash()` to know. */
import type { Report } from '../../host/flash-options.js';

export const REPORT: Report = {
  outcome: 'flashed',
  text: 'fw.bin is in flash',
  details: { image: { source: 'fw.bin', lengthBytes: 1 }, device: { part: 'STM32H743xI' }, sectors: { written: 1, touched: 1 }, seconds: 1 },
};
