/** A serial server's Telnet side at the far end of a scripted link: agrees to what a test lets it, and confirms what it is asked to set. */
import { IAC, OPTIONS, SB, SE, VERBS, type Verb, escapeIac } from '../../../host/link/telnet/telnet-codes.js';
import { TelnetDecoder } from '../../../host/link/telnet/telnet-decoder.js';
import { ScriptedLink, type ScriptedLinkOptions } from '../scripted-link.js';

export interface Quirks {
  /** Words for the client's requests; undefined: no answer. @default agreement */
  readonly answer?: (verb: Verb, option: number) => Verb | undefined;
  /** What a command is answered by, code first; undefined: nothing. @default the value, as RFC 2217 wants it */
  readonly confirm?: (code: number, value: readonly number[]) => readonly number[] | undefined;
  /** Said before anything else. */
  readonly banner?: string;
}

const AGREEMENT: Readonly<Record<Verb, Verb>> = { will: 'do', do: 'will', wont: 'dont', dont: 'wont' };

export class FakeSerialServer {
  readonly link: ScriptedLink;
  /** What reached the serial line. */
  readonly line: number[] = [];
  /** Commands of the COM-PORT option, code first. */
  readonly commands: number[][] = [];
  readonly #decoder = new TelnetDecoder();

  constructor(quirks: Quirks = {}, options: ScriptedLinkOptions = {}) {
    this.link = new ScriptedLink(options);
    if (quirks.banner !== undefined) this.link.answer(Buffer.from(quirks.banner), 0);
    this.link.farEnd = (bytes, atMs) => {
      const { payload, commands } = this.#decoder.push(bytes);
      this.line.push(...payload);
      for (const command of commands) {
        if (command.kind === 'option') {
          const verb = quirks.answer === undefined ? AGREEMENT[command.verb] : quirks.answer(command.verb, command.option);
          if (verb !== undefined) this.link.answer([IAC, VERBS[verb], command.option], atMs);
        } else if (command.option === OPTIONS.comPort) {
          this.commands.push([...command.bytes]);
          const [code = 0, ...value] = command.bytes;
          this.tell(quirks.confirm === undefined ? [code + 100, ...value] : quirks.confirm(code, value), atMs);
        }
      }
    };
  }

  /** A message of the COM-PORT option, code first. */
  tell(message: readonly number[] | undefined, atMs: number): void {
    if (message !== undefined) this.link.answer([IAC, SB, OPTIONS.comPort, ...escapeIac(Uint8Array.from(message)), IAC, SE], atMs);
  }
}
