import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LINE_PINS, refuseKickOnLine, refuseMissingPort, withKick } from '../../host/loader/kick.js';
import { STUB_HEADER } from '../../host/protocol/wire.js';

const USART1 = 0x4001_1000;

describe('the pin that the stub kicks', () => {
  test.each([
    ['PA0', 0x5802_0000, 1],
    ['PB7', 0x5802_0400, 0x80],
    ['PK15', 0x5802_2800, 0x8000],
  ])('%s is written into its header, the stub as built left alone', (pin, gpio, bit) => {
    const stub = new Uint8Array(64);
    const view = new DataView(withKick(stub, { pin, periodMs: 500 }).buffer);
    expect([view.getUint32(STUB_HEADER.kickMs.offset, true), view.getUint32(STUB_HEADER.kickGpio.offset, true), view.getUint32(STUB_HEADER.kickPin.offset, true)]).toEqual([500, gpio, bit]);
    expect(stub).toEqual(new Uint8Array(64));
    expect(withKick(stub, undefined)).toBe(stub);
  });

  test('is refused where the line may be, by the USART that the loader has found', () => {
    expect(() => refuseKickOnLine({ pin: 'PB14', periodMs: 500 }, USART1)).toThrow(expect.objectContaining({ kind: 'refused', message: expect.stringContaining('PB14') as string }));
    expect(() => refuseKickOnLine({ pin: 'PB10', periodMs: 500 }, USART1)).not.toThrow();
    expect(() => refuseKickOnLine(undefined, USART1)).not.toThrow();
  });

  test('is refused on a port that the part does not have', () => {
    expect(() => refuseMissingPort({ pin: 'PI3', periodMs: 500 }, 0x483)).toThrow('port I');
    for (const [pin, deviceId] of [['PI3', 0x450], ['PI3', 0x480], ['PJ3', 0x483]] as const) expect(() => refuseMissingPort({ pin, periodMs: 500 }, deviceId)).not.toThrow();
  });

  test('knows the pins that the loader listens on, and no others', () => {
    const loader = readFileSync(new URL('../../stub/loader/loader.c', import.meta.url), 'utf8');
    const bases: Readonly<Record<string, number>> = { USART1: USART1, USART2: 0x4000_4400, USART3: 0x4000_4800 };
    const inLoader = [...loader.matchAll(/\{\((USART\d)_BASE - .*?, (\d), (\d+), 0x\d+\}/g)].flatMap(([, usart, port, pin]) =>
      [Number(pin) - 1, Number(pin)].map((number) => `${bases[usart!]!.toString(16)} P${'ABCD'[Number(port)]!}${number}`));
    expect(inLoader.length).toBe(10);
    expect([...LINE_PINS].flatMap(([usart, pins]) => pins.map((pin) => `${usart.toString(16)} ${pin}`)).sort()).toEqual(inLoader.sort());
  });
});
