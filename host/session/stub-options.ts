/** What a stub is told before it starts, or starts anew (PROTOCOL.md §2): as the host sees the line. */
import type { Link } from '../link/link.js';
import { STUB_HEADER, STUB_OPTIONS } from '../protocol/wire.js';

export function stubOptions({ line, hasXonXoff }: Pick<Link, 'line' | 'hasXonXoff'>): number {
  return (line.isHalfDuplex ? 1 << STUB_OPTIONS.onlyWhenAsked.bit : 0) | (hasXonXoff ? 1 << STUB_OPTIONS.severalMasks.bit : 0);
}

/** @param stub as built */
export function withOptions(stub: Uint8Array, options: number): Uint8Array {
  const told = stub.slice();
  new DataView(told.buffer).setUint32(STUB_HEADER.options.offset, options, true);
  return told;
}
