/** Segments → Intel HEX, 16 bytes a record, as objcopy writes it. */
import type { Segment } from './image.js';

const RECORD_BYTES = 16;
const END_OF_FILE = ':00000001FF';

export function hexText(segments: readonly Segment[]): string {
  return [...segments.flatMap(segmentLines), END_OF_FILE, ''].join('\n');
}

/** No record reaches over a multiple of 64 KiB: there the base changes. */
function segmentLines({ address, bytes }: Segment): string[] {
  const lines: string[] = [];
  let base = -1;
  for (let at = 0; at < bytes.length; ) {
    const here = address + at;
    if (here >>> 16 !== base) lines.push(record(4, 0, Uint8Array.of(here >>> 24, (here >>> 16) & 0xff)));
    base = here >>> 16;
    const data = bytes.subarray(at, at + Math.min(RECORD_BYTES, 0x1_0000 - (here & 0xffff)));
    lines.push(record(0, here & 0xffff, data));
    at += data.length;
  }
  return lines;
}

function record(type: number, offset: number, data: Uint8Array): string {
  const head = [data.length, offset >>> 8, offset & 0xff, type];
  const sum = [...head, ...data].reduce((total, byte) => total + byte, 0);
  return `:${Buffer.from([...head, ...data, -sum & 0xff]).toString('hex').toUpperCase()}`;
}
