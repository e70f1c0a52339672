/**
 * A link to a serial server that speaks Telnet with RFC 2217: takes Telnet out of the bytes, and sets the line that the URL asks for
 * before anything else crosses it.
 *
 * Works only while somebody sends or receives, as all of the host does; servers that ask something meanwhile wait.
 */
import { StageFlashError } from '../errors.js';
import type { LineSettings } from './line-settings.js';
import type { LineAbility, Link, ModemLines } from './link.js';
import { interrupted, type SocketOptions } from './socket.js';
import { reopener } from './stream-link.js';
import { openTcpLink } from './tcp-link.js';
import { confirmation, type Heard, hearServer, modemLinesMessage, setLineMessage, settingsOf, type Setting } from './telnet/com-port.js';
import { Negotiation } from './telnet/negotiation.js';
import { escapeIac, OPTIONS } from './telnet/telnet-codes.js';
import { TelnetDecoder } from './telnet/telnet-decoder.js';

/** A server has this long to answer, and four times what connecting took: satellite gateways answer a SYN for the far end. */
const LEAST_PATIENCE_MS = 3000;
/** Nobody holds the line for longer without being broken. */
const LONGEST_SUSPENSION_MS = 60_000;

/** @throws StageFlashError kind `link` or `interrupted` */
export async function openRfc2217Link(options: SocketOptions): Promise<Link> {
  const { openAgain: _, ...once } = options;
  const tcp = await openTcpLink(once);
  const closeOnAbort = (): void => void tcp.close();
  options.signal?.addEventListener('abort', closeOnAbort);
  try {
    return await overTelnet(tcp, options.openAgain);
  } catch (error) {
    await tcp.close();
    throw options.signal?.aborted ? interrupted(options.name) : error;
  } finally {
    options.signal?.removeEventListener('abort', closeOnAbort);
  }
}

/** @param link to the server, byte for byte; its `line` is what the server is asked for */
export async function overTelnet(link: Link, openAgain?: () => Promise<Link>): Promise<Link> {
  const telnet = new Rfc2217Link(link, openAgain);
  await telnet.begin();
  return telnet;
}

class Rfc2217Link implements Link {
  readonly name: string;
  readonly connectMs?: number;
  readonly abilities: readonly LineAbility[] = ['rate', 'format', 'modem-lines'];
  readonly reopen?: (afterMs: number) => Promise<Link>;
  line: LineSettings;
  readonly #link: Link;
  readonly #decoder = new TelnetDecoder();
  readonly #negotiation = new Negotiation({
    us: [OPTIONS.comPort, OPTIONS.binary, OPTIONS.suppressGoAhead],
    them: [OPTIONS.binary, OPTIONS.suppressGoAhead],
  });
  readonly #heard: Heard = { answers: new Map(), isSuspended: false };
  #payload: Uint8Array[] = [];

  constructor(link: Link, openAgain: (() => Promise<Link>) | undefined) {
    this.name = link.name;
    this.line = link.line;
    if (link.connectMs !== undefined) this.connectMs = link.connectMs;
    if (openAgain) this.reopen = reopener(this, openAgain);
    this.#link = link;
  }

  now(): number {
    return this.#link.now();
  }

  /** Agrees on the options and sets the line. What the server says before that, a banner for example, is dropped. */
  async begin(): Promise<void> {
    await this.#link.send(this.#negotiation.begin());
    await this.#pumpUntil(() => this.#negotiation.stateOf('us', OPTIONS.comPort) !== 'asked');
    this.#demandOptions();
    await this.setLine(this.line);
    this.#demandOptions();
    this.#payload = [];
  }

  async send(bytes: Uint8Array): Promise<void> {
    const deadlineMs = this.now() + LONGEST_SUSPENSION_MS;
    while (this.#heard.isSuspended && this.now() < deadlineMs) await this.#pump(deadlineMs);
    if (this.#heard.isSuspended) throw new StageFlashError('link', `${this.name} holds the line for ${LONGEST_SUSPENSION_MS / 1000} s`, { hint: 'Switch flow control off in the serial server.' });
    await this.#link.send(escapeIac(bytes));
  }

  async receive(deadlineMs: number): Promise<Uint8Array> {
    do {
      if (this.#payload.length > 0) return new Uint8Array(Buffer.concat(this.#payload.splice(0)));
      await this.#pump(deadlineMs);
    } while (this.#payload.length > 0 || this.now() < deadlineMs);
    return new Uint8Array();
  }

  async setLine(line: LineSettings): Promise<void> {
    const settings = settingsOf(line);
    this.#heard.answers.clear();
    await this.#link.send(setLineMessage(settings));
    await this.#pumpUntil(() => settings.every((setting) => confirmation(setting, this.#heard)?.isRight));
    for (const setting of settings) this.#demand(setting);
    this.line = line;
  }

  /** Answers differ from server to server and prove nothing (sredird always says 1), so none is waited for. */
  setModemLines(lines: ModemLines): Promise<void> {
    return this.#link.send(modemLinesMessage(lines));
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  async #pump(deadlineMs: number): Promise<void> {
    const { payload, commands } = this.#decoder.push(await this.#link.receive(deadlineMs));
    if (payload.length > 0) this.#payload.push(payload);
    for (const command of commands) {
      if (command.kind === 'subnegotiation') {
        if (command.option === OPTIONS.comPort) hearServer(this.#heard, command.bytes);
        continue;
      }
      const answer = this.#negotiation.hear(command.verb, command.option);
      if (answer.length > 0) await this.#link.send(answer);
    }
  }

  async #pumpUntil(isDone: () => boolean): Promise<void> {
    const deadlineMs = this.now() + LEAST_PATIENCE_MS + 4 * (this.connectMs ?? 0);
    while (!isDone() && this.now() < deadlineMs) await this.#pump(deadlineMs);
  }

  #demandOptions(): void {
    const comPort = this.#negotiation.stateOf('us', OPTIONS.comPort);
    if (comPort !== 'yes') {
      throw new StageFlashError('link', `${this.name} ${comPort === 'asked' ? 'does not answer as a Telnet server' : 'refuses RFC 2217'}`, {
        hint: comPort === 'asked'
          ? 'If it is a raw port, use tcp://; a bootloader behind it has now heard what was not meant for it: reset the board first.'
          : 'Switch RFC 2217 on (ser2net: accepter telnet(rfc2217),tcp,PORT), or use a raw port with tcp://.',
      });
    }
    // Silence is no refusal: servers that never negotiate their own side (ser2net 3) pass eight bits all the same.
    const refused = (['us', 'them'] as const).some((side) => this.#negotiation.stateOf(side, OPTIONS.binary) === 'no');
    if (refused) throw new StageFlashError('link', `${this.name} refuses Telnet's binary mode, so it would change bytes`, { hint: 'Use a raw port with tcp://.' });
  }

  #demand(setting: Setting): void {
    const answer = confirmation(setting, this.#heard);
    if (answer?.isRight) return;
    const asked = setting.describe(Uint8Array.from(setting.value));
    throw new StageFlashError('link', answer === undefined
      ? `${this.name} does not confirm ${setting.what} ${asked}`
      : `${this.name} sets ${setting.what} ${setting.describe(answer.value)} where ${asked} was asked for`, {
      hint: 'Its port may be fixed to other settings, or cannot have these; ?baud=, ?parity= and ?stop-bits= say what is asked for.',
    });
  }
}
