/**
 * Byte sequences that must not cross the wire by accident. Frames carry a mask for this (PROTOCOL.md); whatever has none is checked
 * when it is built.
 */

/**
 * Converters of the USR/PUSR family take `55 AA 55 b2 b1 b0 p cs` out of the stream and set their own UART by it, when cs is the low
 * byte of the sum of the four before; in some models that is on by default.
 */
const PATTERN_BYTES = 8;

/** AN3155 §3: commands that erase or lock, each with its complement. A ROM that came back unnoticed, in step by chance, would obey. */
const ROM_COMMANDS: ReadonlyMap<number, string> = new Map([
  [0x43, 'Erase'], [0x44, 'Extended Erase'], [0x63, 'Write Protect'], [0x73, 'Write Unprotect'], [0x82, 'Readout Protect'], [0x92, 'Readout Unprotect'],
]);

export function pusrPatternAt(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0x55 || bytes[at + 1] !== 0xaa || bytes[at + 2] !== 0x55 || at + PATTERN_BYTES > bytes.length) return false;
  const sum = bytes[at + 3]! + bytes[at + 4]! + bytes[at + 5]! + bytes[at + 6]!;
  return (sum & 0xff) === bytes[at + 7];
}

/** XON and XOFF: a converter with software flow control takes them out of the stream, and obeys. */
export function isFlowControl(byte: number): boolean {
  return byte === 0x11 || byte === 0x13;
}

/** What stands in `bytes` from `from` on that must not, and where; undefined when nothing does. */
export function findForbidden(bytes: Uint8Array, from = 0): string | undefined {
  for (let at = from; at < bytes.length; at++) {
    if (pusrPatternAt(bytes, at)) return `55 AA 55 with a valid checksum at offset ${at}`;
    if (bytes[at + 1] !== (bytes[at]! ^ 0xff)) continue;
    const command = ROM_COMMANDS.get(bytes[at]!);
    if (command !== undefined) return `the ROM command ${command} at offset ${at}`;
  }
  return undefined;
}
