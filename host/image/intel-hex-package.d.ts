/** Types for the package `intel-hex` 0.2.0, as far as intel-hex.ts uses it. */
declare module 'intel-hex' {
  interface ParsedHex {
    /** From the address offset to the last byte; gaps filled with 0xFF. */
    readonly data: Buffer;
  }

  const hexPackage: {
    /** @throws Error in English, with a line number. */
    parse(data: string | Buffer, bufferSize?: number, addressOffset?: number): ParsedHex;
  };
  export default hexPackage;
}
