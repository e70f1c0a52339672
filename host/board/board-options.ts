/**
 * The options of a virtual board: one table for `sim:?name=value` and for `stage-flash sim --name value`. A profile is a named set of
 * the same options; what the user gives goes before it.
 */
import type { H7Part } from '../device/h7-part.js';
import { StageFlashError } from '../errors.js';
import type { Parity } from '../link/line-settings.js';
import { CHIP_VIOLATIONS } from './chip/chip-violations.js';
import { SERIAL_VIOLATIONS } from './chip/serial-violations.js';
import { LINK_PROFILES } from './link-profiles.js';
import {
  listOf, oneOf, optional, parseAreas, parseBaud, parseCount, parseDurationMs, parseHalfword, parseInteger, parseKilobits, parseList, parseOutage, parsePart, parsePercent,
  parsePins, parsePositive, parseWatchdog, parseYesNo,
} from './option-parsers.js';

export interface BoardOption<Value> {
  readonly parse: (text: string) => Value;
  /** As the user would write it; an empty text parses to `undefined` or to nothing. */
  readonly default: string;
  /** One line; `default` is added by whoever prints it. */
  readonly help: string;
  /** May be given more than once; the texts are joined with commas. */
  readonly isList?: true;
}

const option = <Value>(help: string, defaultText: string, parse: (text: string) => Value): BoardOption<Value> => ({ help, default: defaultText, parse });

export const BOARD_OPTIONS = {
  chip: option<H7Part>('the part on the board', 'STM32H743xI', parsePart),
  bootloader: option('ROM bootloader ID, e.g. 0x90; default: the newest of the family', '', optional(parseInteger)),
  revision: option('revision of the silicon, DBGMCU_IDCODE.REV_ID, e.g. 0x1003 for Y; default: the current one', '', optional(parseHalfword)),
  baud: option('bit rate of the converter', '115200', parseBaud),
  parity: option<Parity>('parity of the converter: even, odd, none', 'even', oneOf('even', 'odd', 'none')),
  pins: option("the board's TX and RX pin that the converter is wired to", 'PA9/PA10', parsePins),
  boot0: option('level of the BOOT0 pin: high boots the ROM, low the application; pulse is high at the first power-on only', 'high', oneOf('high', 'low', 'pulse')),
  bootAdd0: option('option byte BOOT_ADD0: upper half of the boot address while BOOT0 is low', '0x0800', parseHalfword),
  bootAdd1: option('option byte BOOT_ADD1: upper half of the boot address while BOOT0 is high', '0x1FF0', parseHalfword),
  romResets: option('the ROM resets its peripherals at Go', 'yes', parseYesNo),
  rdp: option('readout protection level of the chip: 0 or 1', '0', oneOf('0', '1')),
  stack: option('bytes of stack that a program in RAM may use before that is a violation, or unlimited', '4096', parseCount),
  bootCm4Add0: option('option byte BOOT_CM4_ADD0 of dual-core parts: the same for the second core; default: 0x0810', '', optional(parseHalfword)),
  pcrop: option('areas of flash that may only be executed (FLASH_PRAR), e.g. 0x08020000-0x080203ff; one in each bank', '', parseAreas),
  secure: option('secure areas of flash (FLASH_SCAR), in the same form', '', parseAreas),
  watchdog: option('a watchdog beside the chip: the pin that it watches and how long it waits for an edge, e.g. PB7@1600ms', '', optional(parseWatchdog)),
  iwdg: option('option byte IWDG1_SW: hardware starts the watchdog with the chip', 'software', oneOf('software', 'hardware')),
  flashTiming: option('erase and program times: typical or maximum', 'typical', oneOf('typical', 'maximum')),
  flashFile: option('raw image of the whole flash, kept from run to run; damage goes to FILE.damage', '', optional((text) => text)),
  halfDuplex: option('1: in sim:, speak with it as half-duplex=1 has it in other links', '0', (text) => oneOf('0', '1')(text) === '1'),
  transport: option('what carries the bytes to the converter: tcp, or udp, which loses and reorders them', 'tcp', oneOf('tcp', 'udp')),
  rtt: option('round trip of the network, median', '20ms', parseDurationMs),
  jitter: option('spread of the round trip', '0ms', parseDurationMs),
  loss: option('share of packets that get lost, in percent; TCP sends them again, later', '0', parsePercent),
  uplink: option('bit rate from host to converter, in kb/s', 'unlimited', parseKilobits),
  downlink: option('bit rate from converter to host, in kb/s', 'unlimited', parseKilobits),
  outage: option('the network is dead for LENGTH of every PERIOD, e.g. 20s/180s', '', optional(parseOutage)),
  segmentLength: option('bytes of one TCP segment at most', '1460', parseCount),
  packingInterval: option('quiet time on the line that ends a packet; default: four characters', '', optional(parseDurationMs)),
  packingLength: option('bytes that fill a packet', '1024', parseCount),
  buffer: option("bytes that the converter's buffer to the line holds", 'unlimited', parseCount),
  backPressure: option('a full buffer holds TCP back instead of losing bytes', 'yes', parseYesNo),
  fault: { ...option('something that goes wrong; more than one may be given', '', parseList), isList: true },
  profile: option('a named set of these options', '', optional((text) => text)),
  tolerate: option('violations that do not stop the board: names, or all', '', listOf('all', ...Object.keys(CHIP_VIOLATIONS), ...Object.keys(SERIAL_VIOLATIONS))),
  seed: option('everything random on board and link follows from it', '1', parseInteger),
  timeScale: option('virtual seconds per real second; default: 1 when served, as fast as it goes in sim:', '', optional(parsePositive)),
} as const;

type OptionTable = typeof BOARD_OPTIONS;
export type BoardOptionKey = keyof OptionTable;
export type BoardOptions = { readonly [Key in BoardOptionKey]: OptionTable[Key] extends BoardOption<infer Value> ? Value : never };

/** `packingInterval` → `packing-interval`, the name that users write. */
export function optionName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export const BOARD_OPTION_KEYS = Object.keys(BOARD_OPTIONS) as BoardOptionKey[];

/** @throws StageFlashError kind `usage` that lists what would be right. */
export function parseBoardOptions(given: Iterable<readonly [name: string, text: string]>): BoardOptions {
  const texts = new Map<BoardOptionKey, string>();
  for (const [name, text] of given) {
    const key = BOARD_OPTION_KEYS.find((candidate) => optionName(candidate) === name);
    if (key === undefined) throw unknown('board option', name, BOARD_OPTION_KEYS.map(optionName));
    const before = texts.get(key);
    texts.set(key, before !== undefined && 'isList' in BOARD_OPTIONS[key] ? `${before},${text}` : text);
  }
  const profile = profileTexts(texts.get('profile'));
  const values = BOARD_OPTION_KEYS.map((key) => {
    const { parse, default: defaultText } = BOARD_OPTIONS[key];
    try {
      return [key, parse(chosenText(key, texts.get(key), profile[key]) ?? defaultText)] as const;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new StageFlashError('usage', `board option ${optionName(key)}: ${error.message}`);
    }
  });
  return Object.fromEntries(values) as unknown as BoardOptions;
}

/** What the user says goes before the profile; lists of faults add up. */
function chosenText(key: BoardOptionKey, given: string | undefined, ofProfile: string | undefined): string | undefined {
  return given !== undefined && ofProfile !== undefined && 'isList' in BOARD_OPTIONS[key] ? `${ofProfile},${given}` : (given ?? ofProfile);
}

function profileTexts(name: string | undefined): Partial<Record<BoardOptionKey, string>> {
  if (name === undefined || name === '') return {};
  const profile = LINK_PROFILES[name];
  if (profile === undefined) throw unknown('link profile', name, Object.keys(LINK_PROFILES));
  return profile.options;
}

function unknown(what: string, name: string, valid: readonly string[]): StageFlashError {
  return new StageFlashError('usage', `there is no ${what} "${name}"`, { hint: `Valid: ${valid.join(', ')}.` });
}
