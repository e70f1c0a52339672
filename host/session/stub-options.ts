/** What a stub is told before it starts, or starts anew (PROTOCOL.md §2): as the host sees the line. */
import type { LineSettings } from '../link/line-settings.js';
import { STUB_HEADER, STUB_OPTIONS } from '../protocol/wire.js';

export function stubOptions({ isHalfDuplex }: LineSettings): number {
  return isHalfDuplex === true ? 1 << STUB_OPTIONS.onlyWhenAsked.bit : 0;
}

/** @param stub as built */
export function withOptions(stub: Uint8Array, options: number): Uint8Array {
  const told = stub.slice();
  new DataView(told.buffer).setUint32(STUB_HEADER.options.offset, options, true);
  return told;
}
