/**
 * URL → open link: the one place that knows every kind of link there is.
 *
 * The virtual board is loaded only when it is asked for: nobody on TCP pays for an ARM engine at start-up.
 */
import { lockEndpoint } from './endpoint-lock.js';
import type { Link } from './link.js';
import type { LinkTarget, SimTarget, TcpTarget } from './link-url.js';
import { parseLinkUrl } from './link-url.js';
import { openTcpLink } from './tcp-link.js';
import { traceLinkToFile } from './trace-link.js';

export interface OpenLinkOptions {
  /** Gives up connecting; an open link is ended by closing it. */
  readonly signal?: AbortSignal;
  /** Writes everything that passes into this file. */
  readonly tracePath?: string;
  /** Is told what does not stop the job. */
  readonly warn?: (text: string) => void;
}

/**
 * Opens what `url` names, under a lock where it names something that only one process may use; `close` ends both.
 * @throws StageFlashError kind `usage` for the URL, `link` for everything behind it, `interrupted`
 */
export async function openLink(url: string, options: OpenLinkOptions = {}): Promise<Link> {
  const link = await openTarget(parseLinkUrl(url), options);
  if (options.tracePath === undefined) return link;
  try {
    return traceLinkToFile(link, options.tracePath, options.warn);
  } catch (error) {
    await link.close();
    throw error;
  }
}

function openTarget(target: LinkTarget, options: OpenLinkOptions): Promise<Link> {
  return target.scheme === 'tcp' ? openLockedTcp(target, options) : openSim(target);
}

async function openLockedTcp(target: TcpTarget, options: OpenLinkOptions): Promise<Link> {
  const { signal } = options;
  const lock = lockEndpoint(target.name);
  try {
    return await openTcpLink({ ...target, ...(signal && { signal }), onClosed: () => lock.release(), openAgain: () => openLockedTcp(target, options) });
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openSim(target: SimTarget): Promise<Link> {
  const { openSimLink } = await import('./sim-link.js');
  return openSimLink(target.parameters);
}
