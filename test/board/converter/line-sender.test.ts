import { describe, expect, it } from 'vitest';
import type { LineSenderOptions } from '../../../host/board/converter/line-sender.js';
import { LineSender } from '../../../host/board/converter/line-sender.js';
import { EventQueue } from '../../../host/board/event-queue.js';
import { Random } from '../../../host/board/random.js';
import type { LineRun } from '../../../host/board/serial-line.js';
import { characterTicks } from '../../../host/board/serial-line.js';
import { AN3155_LINE } from '../../../host/link/line-settings.js';

const CHARACTER = characterTicks(AN3155_LINE);
const EXACT = { line: AN3155_LINE, bufferBytes: Infinity, backPressure: true } as const;

function run(options: LineSenderOptions, sends: readonly { readonly bytes: Uint8Array; readonly tick: number }[]) {
  const queue = new EventQueue();
  const runs: (LineRun & { readonly announcedTick: number })[] = [];
  let now = 0;
  const sender = new LineSender(options, queue, (emitted) => runs.push({ ...emitted, announcedTick: now }));
  for (const { bytes, tick } of sends) queue.at(tick, () => sender.send(bytes, tick));
  while (queue.nextTick !== Infinity) {
    now = queue.nextTick;
    queue.runDue(now);
  }
  return { runs, sender, bytes: runs.flatMap((emitted) => [...emitted.bytes]) };
}

describe('converter line sender', () => {
  it('sends one packet back to back, starting one character after it came', () => {
    const content = new Random(1).fill(new Uint8Array(3000));
    const { runs, bytes } = run(EXACT, [{ bytes: content, tick: 500 }]);
    expect(bytes).toEqual([...content]);
    expect(runs[0]?.startTick).toBe(500 + CHARACTER);
    let expected = 500 + CHARACTER;
    for (const emitted of runs) {
      expect(emitted.startTick).toBeCloseTo(expected, 3);
      expected += emitted.bytes.length * CHARACTER;
    }
  });

  it('announces every run before its first start bit', () => {
    const { runs } = run(EXACT, [{ bytes: new Uint8Array(2000), tick: 0 }, { bytes: new Uint8Array(10), tick: 100 }]);
    expect(runs.length).toBeGreaterThan(5);
    for (const { startTick, announcedTick } of runs) expect(startTick - announcedTick).toBeGreaterThan(CHARACTER - 1);
  });

  it('keeps characters back to back when the next packet comes during the last character', () => {
    const { runs } = run(EXACT, [{ bytes: Uint8Array.of(1, 2), tick: 0 }, { bytes: Uint8Array.of(3), tick: 1.5 * CHARACTER }]);
    expect(runs[1]?.startTick).toBeCloseTo(3 * CHARACTER, 3);
  });

  it('loses the end of what does not fit into its buffer, and counts it', () => {
    const content = new Random(2).fill(new Uint8Array(4000));
    const { bytes, sender } = run({ ...EXACT, bufferBytes: 1024, backPressure: false }, [{ bytes: content, tick: 0 }]);
    expect(bytes).toEqual([...content.subarray(0, 1024)]);
    expect(sender.overflowedBytes).toBe(4000 - 1024);
  });

  it('loses nothing from a small buffer that is filled no faster than the line empties it', () => {
    const sends = Array.from({ length: 40 }, (_, at) => ({ bytes: new Uint8Array(100).fill(at), tick: at * 100 * CHARACTER }));
    const { bytes, sender } = run({ ...EXACT, bufferBytes: 256, backPressure: false }, sends);
    expect(bytes).toEqual(sends.flatMap((send) => [...send.bytes]));
    expect(sender.overflowedBytes).toBe(0);
  });

  it('holds TCP back instead when it can, without a gap on the line', () => {
    const content = new Random(3).fill(new Uint8Array(4000));
    const { bytes, runs, sender } = run({ ...EXACT, bufferBytes: 512 }, [{ bytes: content, tick: 0 }]);
    expect(bytes).toEqual([...content]);
    expect(sender.overflowedBytes).toBe(0);
    const last = runs.at(-1);
    expect((last?.startTick ?? 0) + (last?.bytes.length ?? 0) * CHARACTER).toBeCloseTo(4001 * CHARACTER, 1);
  });
});
