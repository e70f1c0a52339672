/** The main job on every part, ROM version and pin pair: afterwards the flash holds the image, and nothing else has changed. */
import { describe, test } from 'vitest';
import { expectFlashed } from './expect-flashed.js';

describe('every ROM version', () => {
  test.each([
    ['STM32H743xG', '0x90', 'yes'],
    ['STM32H743xG', '0x90', 'no'],
    ['STM32H743xI', '0x91', 'no'],
    ['STM32H743xI', '0x92', 'yes'],
    ['STM32H743xI', '0x92', 'no'],
    ['STM32H743xG', '0xD3', 'yes'],
    ['STM32H742xG', '0x92', 'no'],
    ['STM32H750xB', '0x92', 'yes'],
    ['STM32H723xE', '0x91', 'no'],
    ['STM32H723xG', '0x92', 'yes'],
    ['STM32H730xB', '0x93', 'no'],
    ['STM32H7A3xG', '0x90', 'no'],
    ['STM32H7A3xI', '0x91', 'yes'],
    ['STM32H7B0xB', '0x92', 'no'],
  ])('%s, bootloader %s, resets its peripherals at Go: %s', (chip, bootloader, resets) => expectFlashed(`chip=${chip}&bootloader=${bootloader}&rom-resets=${resets}`));
});

describe('bank 2', () => {
  test.each(['STM32H743xI', 'STM32H743xG', 'STM32H7A3xI', 'STM32H7A3xG'])('of %s', (chip) => expectFlashed(`chip=${chip}`, { address: 0x0810_2000 }));
});

// Revision Y has no TRBUFF to set, and the erratum that wants it came with X (ES0392 §2.22).
test.each(['0x1003', '0x2001'])('STM32H743xG of revision %s', (revision) => expectFlashed(`chip=STM32H743xG&revision=${revision}`));

describe('every pin pair that a ROM offers', () => {
  test.each([
    ['STM32H743xG', 'PB14/PB15', 'no'],
    ['STM32H743xG', 'PB14/PB15', 'yes'],
    ['STM32H743xG', 'PA2/PA3', 'no'],
    ['STM32H743xG', 'PB10/PB11', 'yes'],
    ['STM32H723xE', 'PA2/PA3', 'yes'],
    ['STM32H723xE', 'PB10/PB11', 'no'],
    ['STM32H723xE', 'PD8/PD9', 'yes'],
    ['STM32H7A3xG', 'PA2/PA3', 'no'],
    ['STM32H7A3xG', 'PB10/PB11', 'yes'],
    ['STM32H7A3xG', 'PD8/PD9', 'no'],
  ])('%s on %s, peripherals reset at Go: %s', (chip, pins, resets) => expectFlashed(`chip=${chip}&pins=${pins}&rom-resets=${resets}`));

  test('pins that want 0x7F twice, a ROM that never acknowledges Go and cleans nothing up', () =>
    expectFlashed('chip=STM32H743xG&bootloader=0x90&pins=PB14/PB15&rom-resets=no&rtt=600ms'));
});
