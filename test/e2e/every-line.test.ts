/** The main job at every bit rate and over every distance: late, bunched and in pieces, but nothing lost. */
import { describe, test } from 'vitest';
import { expectFlashed } from './expect-flashed.js';

const CHIP = 'chip=STM32H743xG';

describe('every bit rate', () => {
  test.each(['2400', '9600', '57600', '115200', '460800'])('%s baud', (baud) => expectFlashed(`${CHIP}&baud=${baud}&rtt=300ms`));
});

describe('every distance', () => {
  test.each([
    'rtt=1ms', 'rtt=1ms&jitter=1ms', 'rtt=20ms&jitter=30ms', 'rtt=600ms&jitter=100ms', 'rtt=2s&jitter=1s', 'profile=nbiot', 'profile=geo-vsat', 'profile=lte-edge-of-cell',
  ])('%s', async (query) => {
    for (const seed of [1, 2]) await expectFlashed(`${CHIP}&${query}&seed=${seed}`, { seed });
  });
});

test('8 s ± 4 s', () => expectFlashed(`${CHIP}&rtt=8s&jitter=4s`));

describe('every habit of converters and networks', () => {
  test.each(['packing-interval=50ms', 'packing-length=16', 'segment-length=1', 'buffer=1024&back-pressure=no&rtt=300ms', 'profile=lan-box'])('%s', (query) => expectFlashed(`${CHIP}&${query}`));
});

test('a flash that takes the longest times of the datasheet', () => expectFlashed(`${CHIP}&flash-timing=maximum&rtt=300ms`, { lengthBytes: 140_000 }));
