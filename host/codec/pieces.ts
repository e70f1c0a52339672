/** What the content of a packed stream is made of: by turns new pieces, which LZMA is given filtered, and copies of what the flash held before. */

/** Filter of a new piece: branches made absolute … */
export const BRANCHES = 0;
/** … or each byte less the one so many bytes before it. The stub takes any number up to 15; these are what tables of records come in. */
export const DELTA_DISTANCES = [1, 2, 3, 4, 6, 8] as const;

export interface NewPiece {
  readonly kind: 'new';
  readonly lengthBytes: number;
  readonly filter: number;
}

/** `shift`: from an old address to the new one, in bytes; may be odd. */
export interface Copy {
  readonly kind: 'copy';
  readonly lengthBytes: number;
  readonly shift: number;
}

/** Whole half-words, at least one. */
export type Piece = NewPiece | Copy;
