/** One set of frames, good and bad, for both ends of the wire: the TypeScript decoder and the stub's own C. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { encodeFrame, FrameDecoder, type Frame } from '../../host/protocol/frame.js';
import { LIMITS } from '../../host/protocol/wire.js';
import { compileForDesk, deskCompiler, runOnDesk } from './desk-compiler.js';

interface Vector {
  readonly name: string;
  /** Hexadecimal. */
  readonly bytes: string;
  /** What must come out, also when the line falls quiet behind. */
  readonly frames: readonly { readonly type: number; readonly offset: number; readonly payload: string }[];
}

const { token, vectors } = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url), 'utf8')) as { token: number; vectors: readonly Vector[] };
const MODES = ['whole', 'bytes'] as const;

const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const toText = ({ type, offset, payload }: Pick<Frame, 'type' | 'offset' | 'payload'>): string => `${type}:${offset}:${Buffer.from(payload).toString('hex')}`;
const expected = ({ frames }: Vector): string => frames.map(({ type, offset, payload }) => `${type}:${offset}:${payload}`).join(' ');

function decodeHere(bytes: Uint8Array, mode: (typeof MODES)[number], ours = token): string {
  const decoder = new FrameDecoder(ours);
  const pieces = mode === 'whole' ? [bytes] : Array.from(bytes, (byte) => Uint8Array.of(byte));
  const frames = pieces.flatMap((piece) => decoder.push(piece));
  return [...frames, ...decoder.settle()].map(toText).join(' ');
}

test('the vectors are many, differently named, good and bad', () => {
  expect(vectors.length).toBeGreaterThanOrEqual(30);
  expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
  expect(vectors.filter(({ frames }) => frames.length === 0).length).toBeGreaterThan(10);
});

describe.each(MODES)('the TypeScript decoder, %s', (mode) => {
  test.each(vectors)('$name', (vector) => {
    expect(decodeHere(fromHex(vector.bytes), mode)).toBe(expected(vector));
  });
});

if (deskCompiler === undefined) console.warn('SKIPPED: no C compiler for the desk: the stub’s frame.c was not run on the vectors');

describe.skipIf(deskCompiler === undefined)('the stub’s frame.c', () => {
  let program = '';
  beforeAll(() => {
    program = compileForDesk('frame-vectors', ['test/stub/frame-vectors.c', 'stub/crc32.c']);
  });

  test.each(MODES)('finds in every vector what must be found, %s', (mode) => {
    const lines = runOnDesk(program, vectors.map(({ bytes }) => `${mode} ${token.toString(16)} ${bytes}\n`).join(''));
    expect(lines.at(-1)).toBe(`${vectors.length} lines`);
    expect(vectors.map(({ name }, at) => [name, lines[at]!.trim()])).toEqual(vectors.map((vector) => [vector.name, expected(vector)]));
  });

  test('finds in 400 random streams, damaged in every way, what the TypeScript decoder finds', () => {
    const random = new Random(11);
    const streams = Array.from({ length: 400 }, () => damagedStream(random));
    const lines = runOnDesk(program, streams.map((bytes) => `whole ${token.toString(16)} ${Buffer.from(bytes).toString('hex')}\n`).join(''));
    const here = streams.map((bytes) => decodeHere(bytes, 'whole'));
    expect(lines.slice(0, -1).map((line) => line.trim())).toEqual(here);
    expect(here.filter((frames) => frames !== '').length).toBeGreaterThan(300);
  });

  test.each(['one', 'several'] as const)('takes the largest frame that the wire allows, with %s mask(s)', (masks) => {
    const payloads = [new Random(12).fill(new Uint8Array(LIMITS.maxPayloadBytes.value)), new Uint8Array(LIMITS.maxPayloadBytes.value).fill(7)];
    payloads[1]!.set([0x92, 0x6d], 4000);
    const lines = runOnDesk(program, payloads.map((payload) => `whole ${token.toString(16)} ${Buffer.from(encodeFrame({ type: 2, token, offset: 0, payload }, masks)).toString('hex')}\n`).join(''));
    expect(lines.slice(0, 2).map((line) => line.trim())).toEqual(payloads.map((payload) => toText({ type: 2, offset: 0, payload })));
  });
});

/** A few frames, some with a flipped bit, a lost byte or a cut end, with garbage between. */
function damagedStream(random: Random): Uint8Array {
  const parts = Array.from({ length: 1 + random.below(5) }, (_, offset) => {
    const bytes = encodeFrame({ type: 1 + random.below(5), token, offset, payload: random.fill(new Uint8Array(random.below(200))) }, random.below(2) === 0 ? 'one' : 'several');
    const at = random.below(bytes.length);
    const kind = random.below(6);
    if (kind === 0) bytes[at]! ^= 1 << random.below(8);
    if (kind === 1) return [...bytes.subarray(0, at), ...bytes.subarray(at + 1)];
    if (kind === 2) return [...bytes.subarray(0, at)];
    if (kind === 3) return [...random.fill(new Uint8Array(random.below(40))), ...bytes];
    return [...bytes];
  });
  return Uint8Array.from(parts.flat());
}
