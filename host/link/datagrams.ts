/** What holds for links that carry datagrams (Link.datagramBytes): how long one may be, how far they overtake one another. */

/**
 * Far below what every path carries in one piece (IPv6 guarantees 1280, RFC 8200 §5): a whole datagram falls into the converter's buffer at
 * once, and half of the next must fit beside it into 1 KiB.
 */
export const DATAGRAM_BYTES = 660;

/**
 * What has not come when this many that were sent later have, is lost. Generous: waiting costs nothing while the window is open, and a
 * piece that is sent twice costs its time on the line.
 */
export const OVERTAKING_DATAGRAMS = 16;
