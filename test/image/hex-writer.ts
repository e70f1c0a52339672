/** Writes Intel HEX for tests, independently of the reader: nothing here is imported from host/. */

export function hexRecord(type: number, offset: number, data: ArrayLike<number> = []): string {
  const bytes = [data.length, (offset >> 8) & 0xff, offset & 0xff, type, ...Array.from(data)];
  const checksum = (0x100 - (bytes.reduce((sum, byte) => sum + byte, 0) % 0x100)) % 0x100;
  return `:${[...bytes, checksum].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('')}`;
}

export const END_RECORD = hexRecord(1, 0);

export function linearBase(address: number): string {
  const high = Math.floor(address / 0x1_0000);
  return hexRecord(4, 0, [high >> 8, high & 0xff]);
}

/** Data records of at most `recordLength` bytes, none of them across a 64 KiB boundary, with type 04 records where they are due. */
export function hexLines(address: number, bytes: Uint8Array, recordLength = 16): string[] {
  const lines: string[] = [];
  let base = -1;
  for (let at = 0; at < bytes.length; ) {
    const here = address + at;
    const high = Math.floor(here / 0x1_0000);
    if (high !== base) lines.push(linearBase(here));
    base = high;
    const length = Math.min(recordLength, bytes.length - at, 0x1_0000 - (here % 0x1_0000));
    lines.push(hexRecord(0, here % 0x1_0000, bytes.subarray(at, at + length)));
    at += length;
  }
  return lines;
}
