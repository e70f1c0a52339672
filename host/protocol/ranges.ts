/** Ranges of addresses, as DIGEST and READ have them. */

export interface AddressedRange {
  readonly address: number;
  /** Bytes. */
  readonly length: number;
}

/** Cut at every multiple of `unitBytes`: whole units, but for the first and the last. */
export function cutAtMultiples({ address, length }: AddressedRange, unitBytes: number): readonly AddressedRange[] {
  const pieces: AddressedRange[] = [];
  for (let from = address; from < address + length; ) {
    const to = Math.min(address + length, (Math.floor(from / unitBytes) + 1) * unitBytes);
    pieces.push({ address: from, length: to - from });
    from = to;
  }
  return pieces;
}
