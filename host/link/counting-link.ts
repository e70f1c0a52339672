/** A link that counts what passes it, for the report. Counts go on where the link is opened again. */
import type { Link } from './link.js';
import { wrapLink } from './wrap-link.js';

export interface Traffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface CountingLink extends Link {
  readonly traffic: Traffic;
}

/** @param traffic to add to */
export function countTraffic(link: Link, traffic: { sentBytes: number; receivedBytes: number } = { sentBytes: 0, receivedBytes: 0 }): CountingLink {
  const counting = wrapLink(link, {
    send: async (bytes) => {
      await link.send(bytes);
      traffic.sentBytes += bytes.length;
    },
    receive: async (deadlineMs) => {
      const bytes = await link.receive(deadlineMs);
      traffic.receivedBytes += bytes.length;
      return bytes;
    },
    ...(link.reopen && { reopen: async (afterMs) => countTraffic(await link.reopen!(afterMs), traffic) }),
  });
  return Object.assign(counting, { traffic });
}
