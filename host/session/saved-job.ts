/** A flashing job as it is written down beside its session, so that it can be gone on with without its command line. */
import type { FlashOptions } from '../flash-options.js';

/** As flash() takes them. How the board is brought into its bootloader is not among them: such a command may hold a password, and a person is asked anew. */
export const SAVED_OPTIONS = ['chip', 'address', 'full', 'basePath', 'compress', 'eraseRest', 'streamBaud', 'avoidXonXoff', 'kick', 'orphanMs', 'after', 'expect'] as const satisfies readonly (keyof FlashOptions)[];

export interface SavedJob {
  /** Link URL; missing where it may hold a password. */
  readonly to?: string;
  /** Of the link, for people. */
  readonly linkName: string;
  /** From the root of the file system on. */
  readonly imagePath: string;
  /** Of the file as it was read. */
  readonly fileSha256: string;
  readonly options: Pick<FlashOptions, (typeof SAVED_OPTIONS)[number]>;
}
