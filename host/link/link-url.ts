/**
 * What the user calls a link: `tcp://host:port?baud=…`, `exec:COMMAND`, `sim:?…` → a checked value. Opens nothing.
 *
 * URLs end up in shells, logs and bug reports: no message repeats a part that may hold a password, and no name does.
 */
import { basename } from 'node:path';
import { StageFlashError } from '../errors.js';
import type { LineSettings } from './line-settings.js';
import type { ParameterTable, TlsTrust } from './link-parameters.js';
import { LINE_PARAMETERS, lineOf, readParameters, TLS_PARAMETERS, UDP_PARAMETERS } from './link-parameters.js';

interface Target {
  /** For messages and traces; tells where, never who or how. */
  readonly name: string;
  /** What two processes must not use at once, and what a later process goes on with. Never shown, only hashed. @default name */
  readonly identity?: string;
}

interface SocketTarget extends Target {
  /** A name, an IPv4 address, or an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  readonly line: LineSettings;
}

export interface TcpTarget extends SocketTarget {
  readonly scheme: 'tcp';
}

export interface Rfc2217Target extends SocketTarget {
  readonly scheme: 'rfc2217';
}

export interface TlsTarget extends SocketTarget {
  readonly scheme: 'tls';
  readonly trust: TlsTrust;
}

export interface UdpTarget extends SocketTarget {
  readonly scheme: 'udp';
  /** Ours, for converters that send to one fixed address. */
  readonly localPort?: number;
}

export interface SerialTarget extends Target {
  readonly scheme: 'serial';
  /** `/dev/ttyUSB0`, `COM3`. */
  readonly path: string;
  readonly line: LineSettings;
}

export interface ExecTarget extends Target {
  readonly scheme: 'exec';
  /** For the shell. */
  readonly command: string;
  readonly line: LineSettings;
}

export interface SimTarget extends Target {
  readonly scheme: 'sim';
  /** Options of the virtual board; it checks them itself. */
  readonly parameters: URLSearchParams;
}

export type LinkTarget = TcpTarget | UdpTarget | Rfc2217Target | TlsTarget | SerialTarget | ExecTarget | SimTarget;
export type Scheme = LinkTarget['scheme'];

interface SchemeRow {
  readonly form: string;
  readonly parse: (text: string) => LinkTarget;
}

/** Every kind of link: how it is written, how it is read. */
export const SCHEMES: Readonly<Record<Scheme, SchemeRow>> = {
  tcp: {
    form: 'tcp://HOST:PORT',
    parse: (text) => {
      const { values, ...place } = hostAndPort(text, 'tcp', LINE_PARAMETERS);
      return { scheme: 'tcp', ...place, line: lineOf(values) };
    },
  },
  udp: {
    form: 'udp://HOST:PORT',
    parse: (text) => {
      const { values, ...place } = hostAndPort(text, 'udp', UDP_PARAMETERS);
      return { scheme: 'udp', ...place, line: lineOf(values), ...(values.localPort !== undefined && { localPort: values.localPort }) };
    },
  },
  rfc2217: {
    form: 'rfc2217://HOST:PORT',
    parse: (text) => {
      const { values, ...place } = hostAndPort(text, 'rfc2217', LINE_PARAMETERS);
      return { scheme: 'rfc2217', ...place, line: lineOf(values) };
    },
  },
  tls: {
    form: 'tls://HOST:PORT',
    parse: (text) => {
      const { values, ...place } = hostAndPort(text, 'tls', TLS_PARAMETERS);
      const { baudRate: _, parity: __, stopBits: ___, isHalfDuplex: ____, ...trust } = values;
      if ((trust.certificateFile === undefined) !== (trust.keyFile === undefined)) throw usage('tls:// wants cert and key together, or neither');
      if (trust.acceptAnyCertificate && (trust.pin !== undefined || trust.caFile !== undefined)) throw usage('tls:// cannot accept any certificate and check it at once');
      return { scheme: 'tls', ...place, line: lineOf(values), trust };
    },
  },
  serial: { form: 'serial:///dev/ttyUSB0', parse: parseSerial },
  exec: { form: 'exec:COMMAND', parse: parseExec },
  sim: { form: 'sim:[?chip=…&rtt=…]', parse: parseSim },
};

/** @throws StageFlashError kind `usage` */
export function parseLinkUrl(text: string): LinkTarget {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) throw usage(`"${withoutCredentials(text)}" is no link URL`);
  if (!isScheme(scheme)) throw usage(`"${scheme}:" is no kind of link that stage-flash knows`);
  return SCHEMES[scheme].parse(text);
}

/** For messages: everything between `//` and the last `@` of the authority is cut out. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/?#]*@/, '//***@');
}

function isScheme(scheme: string): scheme is Scheme {
  return Object.hasOwn(SCHEMES, scheme);
}

function isPort(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function hostAndPort<Values>(text: string, scheme: Scheme, table: ParameterTable<Values>) {
  const shown = withoutCredentials(text);
  const [, port] = /^[a-z0-9]+:\/\/[^/?#]*:([^\]:/?#]*)(?:[/?#]|$)/i.exec(shown) ?? [];
  if (port !== undefined && port !== '' && !isPort(port)) throw usage(`"${shown}" has ${port} for a port; ports are numbers from 1 to 65535`);
  if (!URL.canParse(text)) throw usage(`"${shown}" is no valid URL`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw usage(`${scheme}:// takes no user name and no password`);
  if (url.hostname === '' || url.port === '' || url.port === '0') throw usage(`"${shown}" lacks ${url.hostname === '' ? 'a host' : 'a port'}`);
  if ((url.pathname !== '' && url.pathname !== '/') || url.hash !== '') throw usage(`"${shown}" has something behind the port that means nothing here`);
  const host = decoded(url.hostname, text).toLowerCase();
  return {
    name: `${scheme}://${host}:${url.port}`,
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port),
    values: readParameters(`${scheme}://`, url.searchParams, table),
  };
}

function parseSerial(text: string): SerialTarget {
  const [, path = '', query = ''] = /^serial:(?:\/\/)?([^?]*)\??(.*)$/i.exec(text) ?? [];
  // serial:///COM3 is how a URL is written, COM3 is what Windows wants.
  const port = decoded(path, text).replace(/^\/(?=COM\d+$)/i, '');
  if (!/^\/.|^COM\d+$/i.test(port)) throw usage(`"${text}" names no serial port`);
  return { scheme: 'serial', name: `serial://${port.startsWith('/') ? '' : '/'}${port}`, path: port, line: lineOf(readParameters('serial:', new URLSearchParams(query), LINE_PARAMETERS)) };
}

/** A command may begin with what its line is set to: `exec:?baud=9600 COMMAND`. No program is called `?`. */
function parseExec(text: string): ExecTarget {
  const [, query = '', rest = ''] = /^exec:(?:\?(\S*))?(.*)$/is.exec(text) ?? [];
  const command = rest.trim();
  if (command === '') throw usage('exec: lacks a command');
  // The command may hold a password: of it, only the program's name is shown.
  const program = command.split(/\s+/).find((word) => !word.includes('=')) ?? '';
  const shown = /^[\w./\\:-]+$/.test(program) ? basename(program) : 'a command';
  return { scheme: 'exec', name: `exec:${shown}`, identity: text, command, line: lineOf(readParameters('exec:', new URLSearchParams(query), LINE_PARAMETERS)) };
}

function parseSim(text: string): SimTarget {
  const [, path = '', query = ''] = /^sim:([^?]*)\??(.*)$/i.exec(text) ?? [];
  if (path !== '') throw usage(`"${text}" has something between "sim:" and "?"`);
  return { scheme: 'sim', name: text, parameters: new URLSearchParams(query) };
}

function decoded(part: string, text: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw usage(`"${withoutCredentials(text)}" has a % that is none of a URL`);
  }
}

function usage(message: string): StageFlashError {
  return new StageFlashError('usage', message, {
    hint: `Valid are ${Object.values(SCHEMES).map(({ form }) => form).join(', ')}; all but sim: take ?baud=115200&parity=even&stop-bits=1, and all half-duplex=1 on RS-485.`,
  });
}
