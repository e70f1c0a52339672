/** The bytes of Telnet (RFC 854, RFC 855) and the options that a serial line over Telnet needs. */
export const IAC = 255;
export const SE = 240;
export const SB = 250;

export const VERBS = { will: 251, wont: 252, do: 253, dont: 254 } as const;
export type Verb = keyof typeof VERBS;

export const OPTIONS = {
  /** RFC 856: eight bits, and no NUL behind a carriage return. */
  binary: 0,
  echo: 1,
  /** RFC 858: nobody waits for a turn. */
  suppressGoAhead: 3,
  /** RFC 2217. */
  comPort: 44,
} as const;

export function verbOf(code: number): Verb | undefined {
  return (Object.keys(VERBS) as Verb[]).find((verb) => VERBS[verb] === code);
}

/** Doubles every IAC, as data and subnegotiations want it. */
export function escapeIac(bytes: Uint8Array): Uint8Array {
  const count = bytes.reduce((sum, byte) => sum + (byte === IAC ? 1 : 0), 0);
  if (count === 0) return bytes;
  const escaped = new Uint8Array(bytes.length + count);
  let at = 0;
  for (const byte of bytes) {
    escaped[at++] = byte;
    if (byte === IAC) escaped[at++] = IAC;
  }
  return escaped;
}
