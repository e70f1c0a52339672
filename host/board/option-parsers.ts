/**
 * Texts of board options → values. Each throws a RangeError that says what it wants; who asked turns it into a message with the
 * option's name.
 */
import type { H7Part } from '../device/h7-part.js';
import { findPart, H7_PARTS } from '../device/h7-parts.js';
import type { Wiring } from './board.js';
import type { WatchdogWiring } from './external-watchdog.js';

type Parse<Value> = (text: string) => Value;

const refuse = (text: string, wanted: string): never => {
  throw new RangeError(`"${text}" is not ${wanted}`);
};

/** An empty text is no value. */
export const optional =
  <Value>(parse: Parse<Value>): Parse<Value | undefined> =>
  (text) =>
    text === '' ? undefined : parse(text);

export const oneOf =
  <Choice extends string>(...choices: readonly Choice[]): Parse<Choice> =>
  (text) =>
    choices.find((choice) => choice === text) ?? refuse(text, `one of ${choices.join(', ')}`);

export const parseYesNo: Parse<boolean> = (text) => oneOf('yes', 'no')(text) === 'yes';

export const parseInteger: Parse<number> = (text) =>
  /^(0x[\da-f]+|\d+)$/i.test(text) ? Number(text) : refuse(text, 'a whole number, like 7 or 0x92');

export const parseHalfword: Parse<number> = (text) => {
  const value = parseInteger(text);
  return value <= 0xffff ? value : refuse(text, 'a number of 16 bits, like 0x0800');
};

export const parsePositive: Parse<number> = (text) => (Number(text) > 0 ? Number(text) : refuse(text, 'a number above 0'));

/** The H7's USART takes 977 to 4000000 from its 64 MHz; converters may be set to anything. */
export const parseBaud: Parse<number> = (text) => {
  const baud = parseInteger(text);
  return baud >= 300 && baud <= 8_000_000 ? baud : refuse(text, 'a bit rate from 300 to 8000000');
};

const MS_PER_UNIT = { us: 0.001, ms: 1, s: 1000, min: 60_000 } as const;

/** `600ms`, `2s`, `0.5s`, `7min`, `200us`. */
export const parseDurationMs: Parse<number> = (text) => {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(us|ms|s|min)$/.exec(text) ?? refuse(text, 'a duration like 600ms, 0.5s or 7min');
  return Number(count) * MS_PER_UNIT[unit as keyof typeof MS_PER_UNIT];
};

/** Of what happens again and again. */
export const parsePeriodMs: Parse<number> = (text) => {
  const periodMs = parseDurationMs(text);
  return periodMs >= 1 ? periodMs : refuse(text, 'a time of 1ms or more');
};

/** Bytes; `unlimited` is Infinity. */
export const parseCount: Parse<number> = (text) => (text === 'unlimited' ? Infinity : parsePositiveInteger(text));

const parsePositiveInteger: Parse<number> = (text) => {
  const count = parseInteger(text);
  return count > 0 ? count : refuse(text, 'a whole number above 0');
};

/** kb/s → bits per second. */
export const parseKilobits: Parse<number> = (text) => (text === 'unlimited' ? Infinity : 1000 * parsePositive(text));

/** Percent → share. */
export const parsePercent: Parse<number> = (text) => {
  const percent = text === '' ? NaN : Number(text);
  return percent >= 0 && percent < 100 ? percent / 100 : refuse(text, 'a percentage from 0 to below 100');
};

export const parseList: Parse<readonly string[]> = (text) => (text === '' ? [] : text.split(',').map((item) => item.trim()));

export const listOf =
  (...choices: readonly string[]): Parse<readonly string[]> =>
  (text) =>
    parseList(text).map(oneOf(...choices));

export interface Outage {
  readonly lengthMs: number;
  readonly periodMs: number;
}

/** `20s/180s`. */
export const parseOutage: Parse<Outage> = (text) => {
  const [length = '', period = ''] = text.split('/');
  const outage = { lengthMs: parseDurationMs(length), periodMs: parseDurationMs(period) };
  return outage.lengthMs < outage.periodMs ? outage : refuse(text, 'a length and a longer period, like 20s/180s');
};

export const parsePart: Parse<H7Part> = (text) => findPart(text) ?? refuse(text, `one of ${H7_PARTS.map(({ name }) => name).join(', ')}`);

/** First and last address. */
export type AddressArea = readonly [first: number, last: number];

/** `0x08020000-0x080203ff`, more than one joined with commas. */
export const parseAreas: Parse<readonly AddressArea[]> = (text) =>
  parseList(text).map((item): AddressArea => {
    const [first = NaN, last = NaN] = item.split('-').map(parseInteger);
    return first <= last ? [first, last] : refuse(item, 'an area from its first to its last address, like 0x08020000-0x080203ff');
  });

/** `PB7@1600ms`. */
export const parseWatchdog: Parse<WatchdogWiring> = (text) => {
  const [, pin = '', timeout = ''] = /^(P[A-K]\d{1,2})@(.+)$/i.exec(text) ?? refuse(text, 'a pin and a time like PB7@1600ms');
  return { pin: pin.toUpperCase(), timeoutMs: parsePeriodMs(timeout) };
};

/** `PA9/PA10`: the board's TX, then its RX. */
export const parsePins: Parse<Wiring> = (text) => {
  const [, tx = '', rx = ''] = /^(P[A-K]\d{1,2})\/(P[A-K]\d{1,2})$/i.exec(text) ?? refuse(text, 'a pair of TX and RX pin like PA9/PA10');
  return { tx: tx.toUpperCase(), rx: rx.toUpperCase() };
};
