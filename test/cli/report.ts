/** A report as the tests of the command line need one; what it says is for `flash()` to know. */
import type { Report } from '../../host/flash-options.js';

export const REPORT: Report = {
  outcome: 'flashed',
  text: 'fw.bin is in flash',
  details: {
    flash: 'proven', phases: {}, image: { source: 'fw.bin', lengthBytes: 1 }, device: { part: 'STM32H743xI' }, sectors: { touched: 1, written: 1, skipped: 0 }, seconds: 1,
  },
};
