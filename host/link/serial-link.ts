/**
 * A link over a serial port of this machine. The package `serialport` is native and optional: it is loaded here and nowhere else, when
 * somebody asks for a serial port.
 */
import { readFileSync, statSync } from 'node:fs';
import type { SerialPort } from 'serialport';
import { StageFlashError } from '../errors.js';
import type { LineSettings } from './line-settings.js';
import type { LineAbility, Link, ModemLines } from './link.js';
import { StreamLink, type ByteStreams, type LinkOptions } from './stream-link.js';

export interface SerialLinkOptions extends LinkOptions {
  readonly path: string;
}

/** @throws StageFlashError kind `link` */
export async function openSerialLink(options: SerialLinkOptions): Promise<Link> {
  const { path, line, name } = options;
  const { SerialPort } = await loadPackage();
  const port = new SerialPort({ path, baudRate: line.baudRate, dataBits: 8, parity: line.parity, stopBits: line.stopBits, autoOpen: false });
  await done((callback) => port.open(callback), (cause) => openFailure(name, path, cause));
  return new SerialLink(port, options);
}

class SerialLink extends StreamLink {
  readonly abilities: readonly LineAbility[] = ['rate', 'modem-lines'];
  readonly #port: SerialPort;

  constructor(port: SerialPort, options: SerialLinkOptions) {
    super(portStreams(port, options.name), options);
    this.#port = port;
  }

  async setLine(line: LineSettings): Promise<void> {
    if (line.parity !== this.line.parity || line.stopBits !== this.line.stopBits) {
      throw new StageFlashError('link', `${this.name}: parity and stop bits cannot be changed while the port is open`);
    }
    await done((callback) => this.#port.drain(callback), (cause) => broken(this.name, cause));
    await done((callback) => this.#port.update({ baudRate: line.baudRate }, callback), (cause) => broken(this.name, cause));
    this.line = line;
  }

  setModemLines(lines: ModemLines): Promise<void> {
    return done((callback) => this.#port.set(lines, callback), (cause) => broken(this.name, cause));
  }
}

function portStreams(port: SerialPort, name: string): ByteStreams {
  const gone = new StageFlashError('link', `${name} is gone`, { hint: 'Was the adapter unplugged?' });
  const close = (): void => {
    if (port.isOpen) port.close();
  };
  return {
    incoming: port,
    outgoing: port,
    closed: new Promise((resolve) => port.once('close', () => resolve(gone))),
    finish: () => (port.isOpen ? port.drain(close) : undefined),
    destroy: close,
    explain: (cause) => broken(name, cause),
  };
}

async function loadPackage(): Promise<typeof import('serialport')> {
  try {
    return await import('serialport');
  } catch (cause) {
    throw new StageFlashError('link', 'serial: links need the package serialport, which is not installed or does not load here', {
      hint: 'Install it beside stage-flash: npm install serialport; or reach the port through ser2net or socat.', cause,
    });
  }
}

function done(start: (callback: (error: Error | null) => void) => void, explain: (cause: Error) => StageFlashError): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(explain(error)) : resolve())));
}

/** The package tells the reason in words only. */
const OPEN_FAILURES: readonly (readonly [words: RegExp, what: string, hint: (path: string) => string])[] = [
  [/permission denied|access denied/i, 'may not be opened', (path) => `Join the group that may${groupHint(path)}, and log in anew.`],
  [/no such file|file not found/i, 'does not exist', () => 'Is the adapter plugged in? ls /dev/serial/by-id shows what there is.'],
  [/lock|busy|temporarily unavailable/i, 'is in use', (path) => `End the program that holds it: fuser -v ${path}`],
  [/inappropriate ioctl|not a tty/i, 'is no serial port', () => 'Name a terminal device, like /dev/ttyUSB0.'],
];

function openFailure(name: string, path: string, cause: Error): StageFlashError {
  const row = OPEN_FAILURES.find(([words]) => words.test(cause.message));
  if (row === undefined) return new StageFlashError('link', `${name} cannot be opened (${cause.message})`, { cause });
  const [, what, hint] = row;
  return new StageFlashError('link', `${name} ${what}`, { hint: hint(path), cause });
}

/** `: sudo usermod -aG dialout $USER`, with the group that this very device belongs to. */
function groupHint(path: string): string {
  try {
    const { gid } = statSync(path);
    const group = new RegExp(`^([^:]+):[^:]*:${gid}:`, 'm').exec(readFileSync('/etc/group', 'utf8'))?.[1];
    return group === undefined ? '' : `: sudo usermod -aG ${group} $USER`;
  } catch {
    return '';
  }
}

function broken(name: string, cause: unknown): StageFlashError {
  return new StageFlashError('link', `${name} is lost (${cause instanceof Error ? cause.message : String(cause)})`, { hint: 'Was the adapter unplugged?', cause });
}
