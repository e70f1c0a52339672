/**
 * Whatever comes over the wire or lies in a file: the host's decoders say what it is, or say in one line what is wrong with it. Inputs are valid ones with
 * seeded damage, since pure noise does not get far.
 */
import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { parseConfigFile } from '../../host/config/config-file.js';
import { StageFlashError } from '../../host/errors.js';
import { decodeImage } from '../../host/image/read-image.js';
import { TelnetDecoder } from '../../host/link/telnet/telnet-decoder.js';
import { encodeFrame, FrameDecoder } from '../../host/protocol/frame.js';
import { decodeMessage } from '../../host/protocol/messages.js';
import { MESSAGES } from '../../host/protocol/wire.js';
import { sessionFile } from '../../host/session/session-file.js';
import { END_RECORD, hexLines } from '../image/hex-writer.js';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROUNDS = 1500;
const TOKEN = 0x5afe_0001;
const random = new Random(77);

/** A few bytes changed, lost, doubled or put in. */
function damaged(bytes: Uint8Array): Uint8Array {
  const out = [...bytes];
  for (let hits = 1 + random.below(4); hits > 0; hits--) {
    const at = random.below(out.length + 1);
    const [remove, insert] = [random.below(3), random.below(3)];
    out.splice(at, remove, ...Array.from({ length: insert }, () => random.below(256)));
  }
  return Uint8Array.from(out);
}

/** In drawn pieces. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(60);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

const noise = (lengthBytes: number): Uint8Array => random.fill(new Uint8Array(lengthBytes));

describe('frames', () => {
  const types = Object.values(MESSAGES).map(({ id }) => id);
  const drawn = () => ({ type: types[random.below(types.length)]!, token: TOKEN, offset: random.u32(), payload: noise(random.below(120)) });

  test('between noise and damaged ones, whole frames are found, once each, in order, and nothing else is', () => {
    for (let round = 0; round < ROUNDS / 10; round++) {
      const sent = Array.from({ length: 12 }, drawn);
      const decoder = new FrameDecoder(TOKEN);
      const found = sent.flatMap((frame) => {
        const other = random.below(3) === 0 ? damaged(encodeFrame(drawn())) : noise(random.below(30));
        return [...pieces(Uint8Array.of(...other, ...encodeFrame(frame)))].flatMap((piece) => decoder.push(piece));
      });
      found.push(...decoder.settle());
      const isSent = (frame: { offset: number; payload: Uint8Array }) => sent.some(({ offset, payload }) => offset === frame.offset && Buffer.compare(payload, frame.payload) === 0);
      const offsets = found.filter(isSent).map(({ offset }) => offset);
      // What a damaged frame swallows comes out when the decoder settles; behind it the order may differ.
      expect(new Set(offsets)).toEqual(new Set(sent.map(({ offset }) => offset)));
      expect(offsets).toHaveLength(sent.length);
    }
  });

  test('with any payload at all decode to a message or to none', () => {
    for (let round = 0; round < ROUNDS; round++) {
      const frame = drawn();
      const message = decodeMessage(frame);
      if (message !== undefined) expect(MESSAGES[message.name].id).toBe(frame.type);
    }
  });
});

test('what telnet doubles comes out once, however it is cut, and what is no command never ends it', () => {
  for (let round = 0; round < ROUNDS / 3; round++) {
    const bytes = noise(random.below(200)).map((byte) => (random.below(4) === 0 ? 0xff : byte));
    const doubled = Uint8Array.from([...bytes].flatMap((byte) => (byte === 0xff ? [byte, byte] : [byte])));
    const decoder = new TelnetDecoder();
    const payload = [...pieces(doubled)].flatMap((piece) => [...decoder.push(piece).payload]);
    expect(payload).toEqual([...bytes]);
    const any = new TelnetDecoder();
    for (const piece of pieces(bytes)) expect(any.push(piece).payload.length).toBeLessThanOrEqual(bytes.length);
  }
});

/** Runs, or fails as the command line can tell: one line, of the kind. */
function understandsOrRefuses(read: () => unknown, kinds: readonly string[]): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(StageFlashError);
    expect(kinds).toContain((error as StageFlashError).kind);
    expect((error as StageFlashError).message).not.toContain('\n');
  }
}

test('a damaged Intel HEX file is refused in one line, or holds what its checksums say', () => {
  const good = Buffer.from([...hexLines(0x0800_0000, noise(300)), END_RECORD, ''].join('\n'), 'latin1');
  for (let round = 0; round < ROUNDS / 3; round++) understandsOrRefuses(() => decodeImage('any.hex', damaged(good)), ['image']);
  for (let round = 0; round < ROUNDS / 3; round++) understandsOrRefuses(() => decodeImage('any.hex', noise(1 + random.below(200))), ['image']);
});

test('a damaged configuration file is refused in one line, or means something', () => {
  const good = Buffer.from('to = "@gate"\nretry-budget = 60\n\n[boards.gate]\nurl = "tcp://10.0.0.5:4001"\nchip = "STM32H743xI"\n[boards.hall]\nurl = "udp://[::1]:7"\n');
  for (let round = 0; round < ROUNDS; round++) understandsOrRefuses(() => parseConfigFile('any.toml', Buffer.from(damaged(good)).toString('utf8')), ['usage']);
});

test('a damaged session file is one or none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stage-flash-damaged-'));
  const file = sessionFile('board', folder);
  file.save({ token: 1, facts: {} as never, streamCrc: 2, roundTripMs: 3, distrusted: [], inProgress: [4], sentBytes: 0, startedAt: '' });
  const [name] = readdirSync(folder);
  const good = Buffer.from(JSON.stringify({ ...file.load() }));
  for (let round = 0; round < 300; round++) {
    writeFileSync(join(folder, name!), damaged(good));
    expect(() => file.load()).not.toThrow();
  }
  rmSync(folder, { recursive: true });
});
