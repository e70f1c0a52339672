import { describe, expect, test } from 'vitest';
import { Random } from '../../../host/board/random.js';
import { Negotiation } from '../../../host/link/telnet/negotiation.js';
import { IAC, OPTIONS, VERBS, type Verb, verbOf } from '../../../host/link/telnet/telnet-codes.js';

const { binary, echo, comPort } = OPTIONS;
const WANTED = { us: [comPort, binary], them: [binary] };
const said = (bytes: Uint8Array): string[] => Array.from({ length: bytes.length / 3 }, (_, at) => `${verbOf(bytes[3 * at + 1]!)} ${bytes[3 * at + 2]}`);

function begun(): Negotiation {
  const negotiation = new Negotiation(WANTED);
  negotiation.begin();
  return negotiation;
}

test('asks for each option once, on the side that performs it', () => {
  expect(said(new Negotiation(WANTED).begin())).toEqual([`will ${comPort}`, `will ${binary}`, `do ${binary}`]);
});

describe('an option that was asked for', () => {
  test('is on when the other side agrees, and nobody answers the answer', () => {
    const negotiation = begun();
    expect(said(negotiation.hear('do', comPort))).toEqual([]);
    expect(negotiation.stateOf('us', comPort)).toBe('yes');
    expect(said(negotiation.hear('do', comPort))).toEqual([]);
  });

  test('is off when the other side refuses, and is not asked for again', () => {
    const negotiation = begun();
    expect(said(negotiation.hear('dont', comPort))).toEqual([]);
    expect(negotiation.stateOf('us', comPort)).toBe('no');
  });

  test('goes off, confirmed, when the other side takes it back', () => {
    const negotiation = begun();
    negotiation.hear('will', binary);
    expect(said(negotiation.hear('wont', binary))).toEqual([`dont ${binary}`]);
    expect(negotiation.stateOf('them', binary)).toBe('no');
    expect(said(negotiation.hear('wont', binary))).toEqual([]);
  });

  test('is agreed to when the other side was faster', () => {
    expect(said(new Negotiation(WANTED).hear('do', comPort))).toEqual([`will ${comPort}`]);
  });
});

test('an option that nobody wants is refused', () => {
  expect(said(begun().hear('will', echo))).toEqual([`dont ${echo}`]);
  expect(said(begun().hear('do', 24))).toEqual(['wont 24']);
});

test('two that want different things come to rest, whatever they want', () => {
  for (let seed = 0; seed < 1000; seed++) {
    const random = new Random(seed);
    const draw = (): number[] => [binary, echo, 3, comPort].filter(() => random.below(2) === 0);
    const [one, other] = [new Negotiation({ us: draw(), them: draw() }), new Negotiation({ us: draw(), them: draw() })];
    let rounds = 0;
    let toOther = one.begin();
    let toOne = other.begin();
    while (toOther.length + toOne.length > 0) {
      const answers = (who: Negotiation, bytes: Uint8Array): Uint8Array =>
        Uint8Array.from(Array.from({ length: bytes.length / 3 }, (_, at) => [...who.hear(verbOf(bytes[3 * at + 1]!)!, bytes[3 * at + 2]!)]).flat());
      [toOne, toOther] = [answers(other, toOther), answers(one, toOne)];
      expect(++rounds, `seed ${seed}`).toBeLessThan(4);
    }
    for (const option of [binary, echo, 3, comPort]) {
      expect(one.stateOf('us', option), `seed ${seed}`).toBe(other.stateOf('them', option));
    }
  }
});

test('one that answers everything it hears is given up on after a few words', () => {
  const negotiation = begun();
  const opposite: Readonly<Record<Verb, Verb>> = { do: 'wont', dont: 'will', will: 'dont', wont: 'do' };
  let words = 0;
  for (let answer: Uint8Array = Uint8Array.of(IAC, VERBS.dont, echo); answer.length > 0; words++) {
    answer = negotiation.hear(opposite[verbOf(answer[1]!)!], answer[2]!);
  }
  expect(words).toBeLessThan(10);
});
