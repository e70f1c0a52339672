import { describe, expect, it } from 'vitest';
import { BOARD_OPTION_KEYS, optionName, parseBoardOptions } from '../../host/board/board-options.js';
import { LINK_PROFILES } from '../../host/board/link-profiles.js';
import { StageFlashError } from '../../host/errors.js';

const parse = (query: string) => parseBoardOptions(new URLSearchParams(query));

function refusal(query: string): StageFlashError {
  try {
    parse(query);
  } catch (error) {
    if (error instanceof StageFlashError) return error;
    throw error;
  }
  throw new Error(`${query} was accepted`);
}

describe('board options', () => {
  it('are an H743 behind a 115200 8E1 converter when nothing is said', () => {
    const options = parse('');
    expect(options.chip.name).toBe('STM32H743xI');
    expect(options).toMatchObject({ baud: 115_200, parity: 'even', boot0: 'high', rtt: 20, buffer: Infinity, backPressure: true, fault: [] });
  });

  it('read durations, rates, pins and hexadecimal numbers as users write them', () => {
    const options = parse('rtt=0.6s&jitter=40ms&packing-interval=200us&bootloader=0x90&pins=pb14/pb15&uplink=256&loss=0.3&outage=20s/3min');
    expect(options).toMatchObject({ rtt: 600, jitter: 40, packingInterval: 0.2, bootloader: 0x90, uplink: 256_000, loss: 0.003 });
    expect(options.pins).toEqual({ tx: 'PB14', rx: 'PB15' });
    expect(options.outage).toEqual({ lengthMs: 20_000, periodMs: 180_000 });
  });

  it('collect faults that are given more than once', () => {
    expect(parse('fault=xonxoff&fault=reset%3D100').fault).toEqual(['xonxoff', 'reset=100']);
  });

  it('take a profile as defaults only: what the user says counts', () => {
    expect(parse('profile=geo-vsat')).toMatchObject({ rtt: 620, jitter: 40, downlink: 256_000 });
    expect(parse('profile=geo-vsat&rtt=1s')).toMatchObject({ rtt: 1000, jitter: 40 });
    expect(parse('rtt=1s&profile=geo-vsat').rtt).toBe(1000);
  });

  it('add faults to those of the profile', () => {
    expect(parse('profile=3g&fault=xonxoff').fault).toEqual(['sleep=5s/2s', 'xonxoff']);
  });

  it.each(Object.keys(LINK_PROFILES))('know how to read the profile %s', (name) => {
    expect(parse(`profile=${name}`).rtt).toBeGreaterThan(0);
  });

  it.each([
    ['speed=3', 'speed', 'packing-interval'],
    ['profile=mars', 'mars', 'geo-vsat'],
  ])('name what would be right when %s is not', (query, wrong, valid) => {
    const error = refusal(query);
    expect(error.kind).toBe('usage');
    expect(error.message).toContain(wrong);
    expect(error.hint).toContain(valid);
  });

  it.each([
    ['chip=STM32F103', /option chip: "STM32F103" is not one of STM32H743xI/],
    ['rtt=600', /option rtt: "600" is not a duration/],
    ['watchdog=PB7@0ms', /option watchdog: "0ms" is not a time of 1ms or more/],
    ['loss=100', /option loss: "100" is not a percentage/],
    ['baud=9', /option baud: "9"/],
    ['boot0=up', /option boot0: "up" is not one of high, low, pulse/],
    ['pins=10,11', /option pins/],
    ['buffer=0', /option buffer/],
    ['outage=5s/2s', /option outage/],
    ['tolerate=all,rudeness', /option tolerate: "rudeness" is not one of all, unmapped-address, .*usart-overrun/],
    ['boot-add0=0x10000', /option boot-add0: "0x10000"/],
    ['transport=pigeon', /option transport: .* tcp, udp/],
    ['seed=-1', /option seed/],
    ['time-scale=0', /option time-scale/],
  ])('refuse %s', (query, message) => {
    const error = refusal(query);
    expect(error.kind).toBe('usage');
    expect(error.message).toMatch(message);
  });

  it('have names that a shell and a URL take unquoted', () => {
    for (const key of BOARD_OPTION_KEYS) expect(optionName(key)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });
});
