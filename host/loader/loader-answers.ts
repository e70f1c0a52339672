/** What the loader says: pairs of words, token and one more (PROTOCOL.md §2), somewhere in what the line brings. */
import { LOADER_FRAME } from '../protocol/wire.js';

const ANSWER_BYTES = 8;
/** USART1, USART2, USART3 (stub/registers.h): where the loader looks for its line. */
const USARTS: readonly number[] = [0x4001_1000, 0x4000_4400, 0x4000_4800];

export class LoaderAnswers {
  readonly #token: Uint8Array;
  readonly #chunks: ReadonlySet<number>;
  #pending: Uint8Array = new Uint8Array(0);
  /** Base address of the USART on which the loader hears us, once it has greeted. */
  usart: number | undefined;
  /** The same of a greeting whose beginning is missing: on a line with one pair of wires the converter does not hear so soon after it has sent. */
  cutUsart: number | undefined;
  /** Addresses of the chunks that the loader has stored. */
  readonly stored = new Set<number>();
  /** The stub was called and found itself incomplete; or the starter the program. */
  incomplete = false;
  /** The starter was called, and has started the program. */
  started = false;
  /** Bytes that belonged to answers, and bytes that did not. */
  answerBytes = 0;
  otherBytes = 0;

  /** @param chunks addresses of all that is sent: what else looks like one is none */
  constructor(token: number, chunks: Iterable<number>) {
    this.#chunks = new Set(chunks);
    this.#token = new Uint8Array(4);
    new DataView(this.#token.buffer).setUint32(0, token, true);
  }

  push(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#pending.length + bytes.length);
    joined.set(this.#pending);
    joined.set(bytes, this.#pending.length);
    this.#hearEnds(joined);
    let at = 0;
    // What comes when the program has started is the program's, but for the same word again.
    while ((!this.started || this.#isTokenAt(joined, at)) && joined.length - at >= ANSWER_BYTES) {
      if (this.#isTokenAt(joined, at)) {
        this.#hear(new DataView(joined.buffer).getUint32(at + 4, true));
        at += ANSWER_BYTES;
      } else {
        at++;
        this.otherBytes++;
      }
    }
    this.#pending = joined.slice(at);
  }

  #isTokenAt(bytes: Uint8Array, at: number): boolean {
    return at >= 0 && this.#token.every((byte, index) => bytes[at + index] === byte);
  }

  #hearEnds(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 4 <= bytes.length; at++) {
      const word = view.getUint32(at, true);
      if (USARTS.includes(word) && !this.#isTokenAt(bytes, at - 4)) this.cutUsart = word;
    }
  }

  #hear(word: number): void {
    if (this.#chunks.has(word)) this.stored.add(word);
    else if (word === LOADER_FRAME.incompleteAnswer) this.incomplete = true;
    else if (word === LOADER_FRAME.startedAnswer) this.started = true;
    else if (USARTS.includes(word)) this.usart = word;
    else return; // the header of FACTS: token, then offset 0
    this.answerBytes += ANSWER_BYTES;
  }

  /** What the line brought behind the last answer. */
  takeTrailing(): Uint8Array {
    const trailing = this.#pending;
    this.#pending = new Uint8Array(0);
    return trailing;
  }
}
