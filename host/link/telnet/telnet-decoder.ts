/**
 * Bytes from a Telnet server → the bytes that were meant, and the commands between them. Cuts anywhere do not matter.
 *
 * Answers nothing and believes nothing. Binary mode is taken for granted: CR and NUL are bytes like others.
 */
import { IAC, SB, SE, type Verb, verbOf } from './telnet-codes.js';

export type TelnetCommand =
  | { readonly kind: 'option'; readonly verb: Verb; readonly option: number }
  | { readonly kind: 'subnegotiation'; readonly option: number; readonly bytes: Uint8Array };

export interface Decoded {
  readonly payload: Uint8Array;
  readonly commands: readonly TelnetCommand[];
}

/** No subnegotiation of ours is longer than a few bytes, signatures are texts; what never ends must not fill the memory. */
const LONGEST_SUBNEGOTIATION_BYTES = 1024;

type State = 'data' | 'command' | 'option' | 'subnegotiation' | 'subnegotiation command';

export class TelnetDecoder {
  #state: State = 'data';
  #verb: Verb = 'will';
  #subnegotiation: number[] = [];
  #payload: number[] = [];
  #commands: TelnetCommand[] = [];

  push(bytes: Uint8Array): Decoded {
    for (const byte of bytes) this.#state = this.#next(byte);
    const decoded = { payload: Uint8Array.from(this.#payload), commands: this.#commands };
    this.#payload = [];
    this.#commands = [];
    return decoded;
  }

  #next(byte: number): State {
    switch (this.#state) {
      case 'data':
        if (byte === IAC) return 'command';
        this.#payload.push(byte);
        return 'data';
      case 'command':
        return this.#command(byte);
      case 'option':
        this.#commands.push({ kind: 'option', verb: this.#verb, option: byte });
        return 'data';
      case 'subnegotiation':
        if (byte === IAC) return 'subnegotiation command';
        this.#note(byte);
        return 'subnegotiation';
      case 'subnegotiation command':
        return this.#endOfSubnegotiation(byte);
    }
  }

  #command(byte: number): State {
    if (byte === IAC) {
      this.#payload.push(IAC);
      return 'data';
    }
    if (byte === SB) {
      this.#subnegotiation = [];
      return 'subnegotiation';
    }
    const verb = verbOf(byte);
    // NOP, Go Ahead, Are You There and their like: two bytes that mean nothing on a serial line.
    if (verb === undefined) return 'data';
    this.#verb = verb;
    return 'option';
  }

  #endOfSubnegotiation(byte: number): State {
    if (byte === IAC) {
      this.#note(IAC);
      return 'subnegotiation';
    }
    const [option, ...bytes] = this.#subnegotiation;
    if (option !== undefined && byte === SE) this.#commands.push({ kind: 'subnegotiation', option, bytes: Uint8Array.from(bytes) });
    // Any other command inside is a server's mistake: the subnegotiation ends there, and the command counts.
    return byte === SE ? 'data' : this.#command(byte);
  }

  #note(byte: number): void {
    if (this.#subnegotiation.length < LONGEST_SUBNEGOTIATION_BYTES) this.#subnegotiation.push(byte);
  }
}
