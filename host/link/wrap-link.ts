/** A link around another: the same in everything but what is given. Whoever looks on at a link is made of it. */
import type { Link } from './link.js';

export function wrapLink(link: Link, changes: Partial<Pick<Link, 'hasXonXoff' | 'send' | 'receive' | 'reopen' | 'setLine' | 'setModemLines'>>): Link {
  const same: Link = {
    name: link.name,
    get line() {
      return link.line;
    },
    ...(link.abilities && { abilities: link.abilities }),
    ...(link.datagramBytes !== undefined && { datagramBytes: link.datagramBytes }),
    ...(link.hasXonXoff && { hasXonXoff: true }),
    ...(link.connectMs !== undefined && { connectMs: link.connectMs }),
    now: () => link.now(),
    send: (bytes) => link.send(bytes),
    receive: (deadlineMs) => link.receive(deadlineMs),
    ...(link.reopen && { reopen: (afterMs) => link.reopen!(afterMs) }),
    ...(link.setLine && { setLine: (line) => link.setLine!(line) }),
    ...(link.setModemLines && { setModemLines: (lines) => link.setModemLines!(lines) }),
    close: () => link.close(),
  };
  return Object.assign(same, changes);
}
