/** A link over TCP: the raw port of a serial converter, or whatever tunnel leads to one. */
import { connect } from 'node:net';
import type { Link } from './link.js';
import { connectOptions, socketStreams, type SocketOptions } from './socket.js';
import { StreamLink } from './stream-link.js';

/** @throws StageFlashError kind `link`, or `interrupted` when `signal` was faster. */
export async function openTcpLink(options: SocketOptions): Promise<Link> {
  return new StreamLink(await socketStreams(() => connect(connectOptions(options)), 'connect', options), options);
}
