/**
 * Can flash still be what a cut has left of it, or has somebody written since? Erasing and programming move bits one way each, so whatever a cut
 * interrupts lies between what was there and blank: where the old content has a 1, it shows a 1. Pure.
 */

/**
 * A flash word that shows a 0 where what was kept has a 1 was written by somebody else.
 * @param kept what was there before the cut; 0xFF: blank
 */
export function isWrittenSince(now: Uint8Array, kept: Uint8Array): boolean {
  return now.some((byte, at) => (byte & kept[at]!) !== kept[at]);
}

/** Counted in flash words of one sector, beside the image of the job that was cut. */
export interface Evidence {
  /** They read the same each time, and no cut explains what. */
  readonly written: number;
  /** They cannot be read, or read differently each time. */
  readonly lost: number;
}

/**
 * A sector that somebody has finished since reads well, all of it; so one flash word is proof. One whose erase was interrupted is full of words that do not,
 * and there a word that is none of both may be a correction of its ECC that went wrong (RM0399 §4.7.7: two wrong bits are told, more may pass).
 */
export function isNewer({ written, lost }: Evidence): boolean {
  return written > lost;
}
