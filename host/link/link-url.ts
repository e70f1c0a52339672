/**
 * What the user calls a link: `tcp://host:port?baud=…` or `sim:?…` → a checked value. Opens nothing.
 *
 * URLs end up in shells, logs and bug reports: no message repeats the part that may hold a password.
 */
import { StageFlashError } from '../errors.js';
import type { LineSettings, Parity } from './line-settings.js';
import { AN3155_LINE } from './line-settings.js';

export interface TcpTarget {
  readonly scheme: 'tcp';
  /** For messages and as the key of the endpoint's lock: scheme, host and port. */
  readonly name: string;
  /** A name, an IPv4 address, or an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  readonly line: LineSettings;
}

export interface SimTarget {
  readonly scheme: 'sim';
  readonly name: string;
  /** Options of the virtual board; it checks them itself. */
  readonly parameters: URLSearchParams;
}

export type LinkTarget = TcpTarget | SimTarget;

const EXAMPLES = 'Valid are tcp://HOST:PORT[?baud=115200&parity=even&stop-bits=1] and sim:[?chip=…&rtt=…].';

/** @throws StageFlashError kind `usage` */
export function parseLinkUrl(text: string): LinkTarget {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) throw usage(`"${withoutCredentials(text)}" is no link URL`);
  if (scheme === 'tcp') return parseTcp(text);
  if (scheme === 'sim') return parseSim(text);
  throw usage(`"${scheme}:" is no kind of link that stage-flash knows`);
}

/** For messages: everything between `//` and the last `@` of the authority is cut out. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/?#]*@/, '//***@');
}

function parseTcp(text: string): TcpTarget {
  if (!URL.canParse(text)) throw usage(`"${withoutCredentials(text)}" is no valid URL`);
  const url = new URL(text);
  const shown = withoutCredentials(text);
  if (url.username !== '' || url.password !== '') throw usage('tcp:// takes no user name and no password');
  if (url.hostname === '' || url.port === '' || url.port === '0') throw usage(`"${shown}" lacks ${url.hostname === '' ? 'a host' : 'a port'}`);
  if ((url.pathname !== '' && url.pathname !== '/') || url.hash !== '') throw usage(`"${shown}" has something behind the port that means nothing here`);
  const host = decodeURIComponent(url.hostname).toLowerCase();
  return {
    scheme: 'tcp',
    name: `tcp://${host}:${url.port}`,
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port),
    line: parseLine(url.searchParams),
  };
}

function parseSim(text: string): SimTarget {
  const [, path = '', query = ''] = /^sim:([^?]*)\??(.*)$/i.exec(text) ?? [];
  if (path !== '') throw usage(`"${text}" has something between "sim:" and "?"`);
  return { scheme: 'sim', name: text, parameters: new URLSearchParams(query) };
}

const PARITIES: Readonly<Record<string, Parity>> = { none: 'none', even: 'even', odd: 'odd' };

/** Below, AN3155 was never tested (§1); above, a USART at 64 MHz cannot follow (RM0433 §48.5.4: BRR ≥ 16). */
const BAUD_RATES = { lowest: 1200, highest: 4_000_000 };

/** What the converter's serial side is set to. stage-flash must know it: all pacing and every deadline come from it. */
const LINE_PARAMETERS: Readonly<Record<string, (value: string) => Partial<LineSettings> | undefined>> = {
  baud: (value) => {
    const baudRate = /^\d+$/.test(value) ? Number(value) : 0;
    return baudRate >= BAUD_RATES.lowest && baudRate <= BAUD_RATES.highest ? { baudRate } : undefined;
  },
  parity: (value) => {
    const parity = Object.hasOwn(PARITIES, value) ? PARITIES[value] : undefined;
    return parity && { parity };
  },
  'stop-bits': (value) => (value === '1' || value === '2' ? { stopBits: value === '1' ? 1 : 2 } : undefined),
};

function parseLine(parameters: URLSearchParams): LineSettings {
  let line: LineSettings = AN3155_LINE;
  for (const [name, value] of parameters) {
    const parse = Object.hasOwn(LINE_PARAMETERS, name) ? LINE_PARAMETERS[name] : undefined;
    if (!parse) throw usage(`tcp:// has no parameter "${name}"; it has ${Object.keys(LINE_PARAMETERS).join(', ')}`);
    if (parameters.getAll(name).length > 1) throw usage(`the parameter "${name}" is given twice`);
    const setting = parse(value);
    if (!setting) throw usage(`${name}=${value} is not possible; ${LINE_VALUES[name]}`);
    line = { ...line, ...setting };
  }
  return line;
}

const LINE_VALUES: Readonly<Record<string, string>> = {
  baud: `a whole number from ${BAUD_RATES.lowest} to ${BAUD_RATES.highest} is`,
  parity: `${Object.keys(PARITIES).join(', ')} are`,
  'stop-bits': '1 and 2 are',
};

function usage(message: string): StageFlashError {
  return new StageFlashError('usage', message, { hint: EXAMPLES });
}
