import { describe, expect, it } from 'vitest';
import { Packer } from '../../../host/board/converter/packer.js';
import { EventQueue } from '../../../host/board/event-queue.js';

function pack(options: { intervalTicks: number; lengthBytes: number }, endTicks: readonly number[]) {
  const queue = new EventQueue();
  const packets: { bytes: number[]; tick: number }[] = [];
  const packer = new Packer(options, queue, (bytes, tick) => packets.push({ bytes: [...bytes], tick }));
  endTicks.forEach((endTick, byte) => {
    queue.runDue(endTick);
    packer.push([{ byte, endTick }]);
  });
  queue.runDue(Number.MAX_SAFE_INTEGER);
  return packets;
}

describe('converter packer', () => {
  it('sends a packet when the line was quiet for the packing interval', () => {
    expect(pack({ intervalTicks: 40, lengthBytes: 1024 }, [10, 20, 30, 200])).toEqual([
      { bytes: [0, 1, 2], tick: 70 },
      { bytes: [3], tick: 240 },
    ]);
  });

  it('sends a full packet at once', () => {
    expect(pack({ intervalTicks: 40, lengthBytes: 2 }, [10, 20, 30])).toEqual([
      { bytes: [0, 1], tick: 20 },
      { bytes: [2], tick: 70 },
    ]);
  });

  it('sends every byte alone when the interval is nothing', () => {
    expect(pack({ intervalTicks: 0, lengthBytes: 1024 }, [10, 20]).map(({ bytes }) => bytes)).toEqual([[0], [1]]);
  });
});
