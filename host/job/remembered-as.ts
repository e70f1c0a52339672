/** Under which name this machine remembers a board: its sessions, what is beside images, which sectors it holds. */
import { resolve } from 'node:path';
import { parseLinkUrl } from '../link/link-url.js';

/** @returns undefined for a virtual board that is gone with the process; one with a flash file is there again */
export function rememberedAs(to: string): string | undefined {
  const target = parseLinkUrl(to);
  if (target.scheme !== 'sim') return target.identity ?? target.name;
  const flashFile = target.parameters.get('flash-file');
  return flashFile === null || flashFile === '' ? undefined : `sim:${resolve(flashFile)}`;
}
