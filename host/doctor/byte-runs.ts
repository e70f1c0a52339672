/** Small questions to runs of bytes. Pure. */

export function concat(...runs: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(runs.reduce((length, run) => length + run.length, 0));
  let at = 0;
  for (const run of runs) {
    whole.set(run, at);
    at += run.length;
  }
  return whole;
}

export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && startsWith(one, other);
}

export function startsWith(beginning: Uint8Array, whole: Uint8Array): boolean {
  return beginning.length <= whole.length && beginning.every((byte, at) => byte === whole[at]);
}

export function endsWith(end: Uint8Array, whole: Uint8Array): boolean {
  return end.length <= whole.length && startsWith(end, whole.subarray(whole.length - end.length));
}

/** `whole` less every occurrence of `part`. */
export function without(whole: Uint8Array, part: Uint8Array): Uint8Array {
  if (part.length === 0) return whole;
  const kept: number[] = [];
  for (let at = 0; at < whole.length; ) {
    if (startsWith(part, whole.subarray(at))) at += part.length;
    else kept.push(whole[at++]!);
  }
  return Uint8Array.from(kept);
}

export function count(bytes: Uint8Array, wanted: number): number {
  return bytes.reduce((found, byte) => found + (byte === wanted ? 1 : 0), 0);
}

const SHOWN_BYTES = 16;

/** `7F 79`, the beginning of longer ones. */
export function hex(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
  return bytes.length > SHOWN_BYTES ? `${shown} … (${bytes.length} bytes)` : shown;
}
