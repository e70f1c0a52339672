/**
 * URL → open link: the one place that knows every kind of link there is.
 *
 * The virtual board is loaded only when it is asked for: nobody on TCP pays for an ARM engine at start-up.
 */
import { lockEndpoint } from './endpoint-lock.js';
import type { Link } from './link.js';
import type { LinkTarget, Scheme } from './link-url.js';
import { parseLinkUrl } from './link-url.js';
import type { LinkOptions } from './stream-link.js';
import { traceLinkToFile } from './trace-link.js';

export interface OpenLinkOptions {
  /** Gives up connecting; an open link is ended by closing it. */
  readonly signal?: AbortSignal;
  /** Writes everything that passes into this file. */
  readonly tracePath?: string;
  /** Is told what does not stop the job. */
  readonly warn?: (text: string) => void;
}

type Targets = { readonly [S in Scheme]: Extract<LinkTarget, { readonly scheme: S }> };
type Opened = Exclude<Scheme, 'sim'>;

/** How each kind is opened; each is loaded when it is asked for. */
const OPENERS: { readonly [S in Opened]: (target: Targets[S], options: LinkOptions) => Promise<Link> } = {
  tcp: async (target, options) => (await import('./tcp-link.js')).openTcpLink({ ...target, ...options }),
  udp: async (target, options) => (await import('./udp-link.js')).openUdpLink({ ...target, ...options }),
  rfc2217: async (target, options) => (await import('./rfc2217-link.js')).openRfc2217Link({ ...target, ...options }),
  tls: async (target, options) => (await import('./tls-link.js')).openTlsLink({ ...target, ...options }),
  serial: async (target, options) => (await import('./serial-link.js')).openSerialLink({ ...target, ...options }),
  exec: async (target, options) => (await import('./exec-link.js')).openExecLink({ ...target, ...options }),
};

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

async function openTarget(target: LinkTarget, options: OpenLinkOptions): Promise<Link> {
  if (target.scheme === 'sim') return (await import('./sim-link.js')).openSimLink(target.parameters);
  return openLocked(target.scheme, target, options);
}

async function openLocked<S extends Opened>(scheme: S, target: Targets[S], options: OpenLinkOptions): Promise<Link> {
  const { signal } = options;
  const { name, identity, line } = target;
  const lock = lockEndpoint(name, undefined, identity);
  try {
    return await OPENERS[scheme](target, {
      name, line, ...(signal && { signal }), onClosed: () => lock.release(), openAgain: () => openLocked(scheme, target, options),
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}
