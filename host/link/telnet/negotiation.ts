/**
 * Which Telnet options are on, on either side, by the Q method (RFC 1143): a request is answered only if it changes something. So no two
 * speakers of it can keep one another busy; the one who does not keep to it is answered a few times per option and then ignored.
 *
 * Pure: says what to send and sends nothing.
 */
import { IAC, VERBS, type Verb } from './telnet-codes.js';

/** We want an option and ask for it once; nobody here ever wants to be rid of one, so RFC 1143's queue and WANTNO are not needed. */
type State = 'no' | 'yes' | 'asked';

/** Which side performs the option. */
export type Side = 'us' | 'them';

interface Option {
  state: State;
  answers: number;
}

const MOST_ANSWERS = 4;

/** What a side's request to perform an option is called, and its withdrawal; what the other side answers. */
const WORDS: Readonly<Record<Side, { readonly ask: Verb; readonly refuse: Verb }>> = {
  us: { ask: 'will', refuse: 'wont' },
  them: { ask: 'do', refuse: 'dont' },
};

/** Whose side a word of theirs is about, and whether it turns the option on. */
const HEARD: Readonly<Record<Verb, { readonly side: Side; readonly on: boolean }>> = {
  do: { side: 'us', on: true },
  dont: { side: 'us', on: false },
  will: { side: 'them', on: true },
  wont: { side: 'them', on: false },
};

export class Negotiation {
  readonly #wanted: Readonly<Record<Side, readonly number[]>>;
  readonly #options = new Map<string, Option>();

  /** @param wanted options that we ask for, and agree to when asked; all others are refused */
  constructor(wanted: Readonly<Record<Side, readonly number[]>>) {
    this.#wanted = wanted;
  }

  /** Asks for everything that is wanted. */
  begin(): Uint8Array {
    const requests = (['us', 'them'] as const).flatMap((side) => this.#wanted[side].map((option) => {
      this.#option(side, option).state = 'asked';
      return [IAC, VERBS[WORDS[side].ask], option];
    }));
    return Uint8Array.from(requests.flat());
  }

  /** @returns what to send back; mostly nothing */
  hear(verb: Verb, code: number): Uint8Array {
    const { side, on } = HEARD[verb];
    const option = this.#option(side, code);
    const { state } = option;
    if (!on) option.state = 'no';
    else if (this.#wanted[side].includes(code)) option.state = 'yes';
    const isNews = on ? state === 'no' : state === 'yes';
    if (!isNews || ++option.answers > MOST_ANSWERS) return new Uint8Array();
    return Uint8Array.of(IAC, VERBS[WORDS[side][option.state === 'yes' ? 'ask' : 'refuse']], code);
  }

  /** `asked`: not answered yet. */
  stateOf(side: Side, option: number): State {
    return this.#option(side, option).state;
  }

  #option(side: Side, code: number): Option {
    const key = `${side} ${code}`;
    const option = this.#options.get(key) ?? { state: 'no', answers: 0 };
    this.#options.set(key, option);
    return option;
  }
}
