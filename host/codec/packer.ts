/** What packs content for a job: the encoders themselves, or whoever remembers what they made. */
import { diffContent } from './diff-content.js';
import { packContent } from './pack-content.js';

export interface Packer {
  readonly pack: typeof packContent;
  readonly diff: typeof diffContent;
}

export const PACKER: Packer = { pack: packContent, diff: diffContent };
