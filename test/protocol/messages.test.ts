import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { encodeFields, decodeFields, fixedBytes, offsetOf } from '../../host/protocol/fields.js';
import { FrameDecoder } from '../../host/protocol/frame.js';
import { decodeMessage, encodeMessage, type MessageName, type MessageValues } from '../../host/protocol/messages.js';
import { MESSAGES, type Field } from '../../host/protocol/wire.js';

const TOKEN = 0x2a6b_9c4d;
const random = new Random(3);
const names = Object.keys(MESSAGES) as MessageName[];

function randomValue({ type, lengthBytes }: Field): unknown {
  if (type === 'bytes') return random.fill(new Uint8Array(lengthBytes ?? 128));
  if (type === 'u32s') return Array.from({ length: 6 }, () => random.u32());
  return random.below(2 ** { u8: 8, u16: 16, u32: 32 }[type]);
}

function randomValues<Name extends MessageName>(name: Name): MessageValues<Name> {
  const fields: readonly Field[] = MESSAGES[name].fields;
  return Object.fromEntries(fields.map((field) => [field.name, randomValue(field)])) as MessageValues<Name>;
}

describe.each(names)('message %s', (name) => {
  test('comes out of its frame as it went in', () => {
    const values = randomValues(name);
    const frames = new FrameDecoder(TOKEN).push(encodeMessage(name, TOKEN, 0x1234, values));
    expect(frames.map(decodeMessage)).toEqual([{ name, offset: 0x1234, values }]);
  });

  test('is not taken from a payload that is too short for it', () => {
    const shortest = fixedBytes(MESSAGES[name].fields);
    for (let length = 0; length < shortest; length++) {
      expect(decodeMessage({ type: MESSAGES[name].id, token: TOKEN, offset: 0, payload: new Uint8Array(length) })).toBeUndefined();
    }
  });

  test('has an id of its own', () => {
    expect(names.filter((other) => MESSAGES[other].id === MESSAGES[name].id)).toEqual([name]);
  });
});

test('a frame of an unknown type is no message', () => {
  expect(decodeMessage({ type: 0x7e, token: TOKEN, offset: 0, payload: new Uint8Array(0) })).toBeUndefined();
});

test('a message without room for more is not taken from a payload that has more', () => {
  expect(decodeMessage({ type: MESSAGES.poll.id, token: TOKEN, offset: 0, payload: new Uint8Array(1) })).toBeUndefined();
});

describe('fields', () => {
  const fields = [
    { name: 'small', type: 'u8', doc: '' }, { name: 'middle', type: 'u16', doc: '' }, { name: 'large', type: 'u32', doc: '' },
    { name: 'name', type: 'bytes', lengthBytes: 3, doc: '' }, { name: 'rest', type: 'u32s', doc: '' },
  ] as const;

  test('lie back to back, little-endian', () => {
    const bytes = encodeFields(fields, { small: 1, middle: 0x0302, large: 0x07060504, name: Uint8Array.of(8, 9, 10), rest: [0x0e0d0c0b] });
    expect(Array.from(bytes)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(fields.map(({ name }) => offsetOf(fields, name))).toEqual([0, 1, 3, 7, 10]);
  });

  test('have no fixed offset behind one of any length', () => {
    expect(() => offsetOf([{ name: 'any', type: 'bytes', doc: '' }, { name: 'behind', type: 'u8', doc: '' }], 'behind')).toThrow('behind');
  });

  test('of words are not taken from bytes that are no whole words', () => {
    expect(decodeFields(fields, new Uint8Array(10 + 3))).toBeUndefined();
    expect(decodeFields(fields, new Uint8Array(10 + 4))?.rest).toEqual([0]);
  });
});
