/** `--expect TEXT --within SECONDS`: what an application must say. */
import { InvalidArgumentError } from 'commander';
import { StageFlashError } from '../errors.js';
import type { ExpectedText } from '../flash-options.js';

export const DEFAULT_WITHIN_S = 10;

export interface ExpectValues {
  readonly expect?: string;
  readonly within?: number;
}

/** @throws StageFlashError kind `usage` */
export function expectation({ expect, within }: ExpectValues): { readonly expect?: ExpectedText } {
  if (expect === '') throw new StageFlashError('usage', '--expect wants a text', { hint: 'Say a part of what the application prints when it starts.' });
  if (within !== undefined && expect === undefined) throw new StageFlashError('usage', '--within says how long to wait, but not for what', { hint: 'Add --expect TEXT.' });
  return expect === undefined ? {} : { expect: { text: expect, withinMs: (within ?? DEFAULT_WITHIN_S) * 1000 } };
}

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds > 0 && seconds <= 3600)) throw new InvalidArgumentError('That is a number of seconds, up to 3600.');
  return seconds;
}
