/** A packed stream and what the stub must be told to unpack it (stub/unpack.h). */
export interface PackedContent {
  /** lc, lp, pb and, if anything is copied, the granule's shift (relocation.ts) in a nibble each, lc lowest. */
  readonly parameters: number;
  /** What is packed in front of the content. */
  readonly directoryBytes: number;
  /** Bytes of all runs together. */
  readonly contentBytes: number;
  /** Raw LZMA1, no end marker. */
  readonly bytes: Uint8Array;
  /** Per run: how many of `bytes` the stub has taken when the run is unpacked. The stream can be cut there. */
  readonly takenAfterRun: readonly number[];
}
