/** What of a job is written down, so that `stage-flash resume` can go on with it. */
import { resolve } from 'node:path';
import { parseLinkUrl } from '../link/link-url.js';
import { SAVED_OPTIONS, type SavedJob } from '../session/saved-job.js';
import type { Job } from './job.js';

/** From the folder in which the command was given. */
const NAMES_FILES = /[?&](ca|cert|key|flash-file)=/;

/** @returns undefined for an image that is in no file */
export function savedJob({ image: { fileSha256 }, options }: Pick<Job, 'image' | 'options'>): SavedJob | undefined {
  if (fileSha256 === undefined) return undefined;
  const { name, identity } = parseLinkUrl(options.to);
  const isWholeHere = identity === undefined && !NAMES_FILES.test(options.to);
  const { basePath, imagePath } = options;
  const kept = Object.fromEntries(SAVED_OPTIONS.flatMap((option) => (options[option] === undefined ? [] : [[option, options[option]]])));
  return {
    // What identifies a link beyond its name is not for the disk.
    ...(isWholeHere && { to: options.to }), linkName: name,
    imagePath: resolve(imagePath), fileSha256, options: { ...kept, ...(basePath !== undefined && { basePath: resolve(basePath) }) },
  };
}
