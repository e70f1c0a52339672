/** The doctor against every fault of the virtual board: each is named, none is taken for another, and what concerns no link says why. */
import { describe, expect, test } from 'vitest';
import { FAULTS } from '../../host/board/faults.js';
import { examined, promisedMs } from './examined.js';

interface Row {
  /** The fault as it is written, and what else the board is; more than one where its argument matters. */
  readonly queries: readonly string[];
  /** All findings, in any order; empty: none, because of `reason`. */
  readonly findings: readonly string[];
  readonly reason?: string;
}

const named = (finding: string, ...queries: readonly string[]): Row => ({ queries: queries.map((query) => `fault=${query}`), findings: [finding] });
const nothing = (reason: string, ...queries: readonly string[]): Row => ({ queries: queries.map((query) => `fault=${query}`), findings: [], reason });

/** Over a network on which each question takes as long as some converters' whole lives. */
const far = (...queries: readonly string[]): readonly string[] => queries.map((query) => `${query}&rtt=1500ms`);

/** By the name of the fault. */
const TABLE: Readonly<Record<string, readonly Row[]>> = {
  parity: [named('no-parity', 'parity', 'parity=none&baud=9600', 'parity=none&rtt=600ms'), named('odd-parity', 'parity=odd', 'parity=odd&rtt=600ms')],
  baud: [named('bit-rate', 'baud', 'baud=57600', 'baud=230400', 'baud=19200&rtt=300ms', 'baud=115200&baud=9600')],
  'rate-limit': [nothing('the doctor asks for no other rate', 'rate-limit')],
  'half-duplex': [named('half-duplex', 'half-duplex', 'half-duplex=0ms', 'half-duplex=0.2ms', 'half-duplex=5ms', 'half-duplex=15ms&rtt=600ms', ...far('half-duplex', 'half-duplex=1ms')), nothing('the link says so', 'half-duplex&half-duplex=1', 'half-duplex&half-duplex=1&rtt=600ms')],
  'sync-pattern': [named('sync-pattern', 'sync-pattern', 'sync-pattern&baud=9600', 'sync-pattern&rtt=600ms')],
  'ff-doubled': [named('ff-doubled', 'ff-doubled', 'ff-doubled=line', 'ff-doubled=network', 'ff-doubled&rtt=600ms', ...far('ff-doubled'))],
  'ff-stripped': [named('ff-stripped', 'ff-stripped', 'ff-stripped=line', 'ff-stripped=network', 'ff-stripped&rtt=600ms', ...far('ff-stripped'))],
  xonxoff: [named('xonxoff', 'xonxoff', 'xonxoff=line', 'xonxoff=network', 'xonxoff&rtt=600ms')],
  'xoff-obeyed': [named('xonxoff', 'xoff-obeyed', 'xoff-obeyed&rtt=600ms', ...far('xoff-obeyed'))],
  lose: [named('bytes-lost', 'lose', 'lose=0.2', 'lose=0.2&seed=2', 'lose=0.2&seed=3', ...far('lose', 'lose=0.2&seed=2'))],
  flip: [named('bytes-changed', 'flip', 'flip=0.2', 'flip=0.2&seed=2', 'flip=0.2&seed=3', ...far('flip', 'flip=0.2&seed=2'))],
  prefix: [named('identity-prefix', 'prefix', 'prefix=ID', 'prefix&rtt=600ms')],
  banner: [named('banner', 'banner', 'banner=Hello', 'banner&rtt=600ms')],
  'stale-cache': [named('stale-cache', 'stale-cache', 'stale-cache&rtt=600ms')],
  'heartbeat-network': [named('heartbeat-network', 'heartbeat-network', 'heartbeat-network=10s', 'heartbeat-network=7s&rtt=600ms')],
  'heartbeat-line': [named('heartbeat-line', 'heartbeat-line', 'heartbeat-line=17s', 'heartbeat-line=26s&rtt=300ms', ...far('heartbeat-line', 'heartbeat-line=17s', 'heartbeat-line=10s'))],
  'second-client': [named('second-client', 'second-client', 'second-client=17s', 'second-client=24s&rtt=300ms', ...far('second-client', 'second-client=17s', 'second-client=13s'))],
  'modem-escape': [named('modem-escape', 'modem-escape', 'modem-escape&rtt=600ms')],
  echo: [named('echo', 'echo', 'echo&rtt=600ms')],
  'delayed-ack': [named('delayed-packets', 'delayed-ack', 'delayed-ack=200ms', 'delayed-ack&rtt=600ms')],
  coalesce: [named('slow-packing', 'coalesce', 'coalesce=30ms', 'coalesce&rtt=600ms')],
  sleep: [nothing('a spread of the round trip like any other', 'sleep', 'sleep=5s/2s')],
  'udp-loss': [nothing('what UDP may do, and a session bears', 'udp-loss&transport=udp', 'udp-loss&transport=udp&seed=3')],
  'udp-duplicate': [nothing('what UDP may do, and a session bears', 'udp-duplicate&transport=udp', 'udp-duplicate&transport=udp&seed=3')],
  'udp-reorder': [nothing('what UDP may do, and a session bears', 'udp-reorder&transport=udp', 'udp-reorder=8&transport=udp')],
  reset: [named('connection-lost', 'reset', 'reset=300', 'reset=1000&rtt=600ms')],
  close: [named('connection-lost', 'close', 'close=300', 'close=1000&rtt=600ms')],
  silence: [named('half-open', 'silence', 'silence=300', 'silence=1', 'silence=1000&rtt=600ms')],
  ghost: [{ queries: ['fault=reset=300,ghost'], findings: ['connection-lost', 'busy'] }, nothing('it locks a port only when a connection has broken', 'ghost')],
  'idle-close': [named('idle-close', 'idle-close', 'idle-close&rtt=600ms', 'idle-close=20s')],
  'idle-reboot': [named('idle-silence', 'idle-reboot=20s', 'idle-reboot=20s&rtt=300ms', ...far('idle-reboot=20s')), nothing('wants five minutes of silence', 'idle-reboot')],
  'nat-timeout': [named('idle-silence', 'nat-timeout=20s', ...far('nat-timeout=20s')), nothing('wants four and a half minutes of silence', 'nat-timeout')],
  'mtu-hole': [named('mtu-hole', 'mtu-hole', 'mtu-hole=600', 'mtu-hole&rtt=600ms')],
  'power-cut@flash-op': [nothing('nothing is erased or programmed', 'power-cut@flash-op')],
  'double-nack': [{ queries: ['fault=double-nack&rdp=1'], findings: ['read-out-protection'] }, nothing('it shows only under read-out protection', 'double-nack')],
  'board-reset': [named('board-reset', 'board-reset', 'board-reset=2600ms', 'board-reset=20s')],
};

test('the table knows every fault', () => {
  expect(Object.keys(TABLE).sort()).toEqual(Object.keys(FAULTS).sort());
});

describe('the doctor names', () => {
  const cases = Object.values(TABLE).flatMap((rows) => rows.flatMap(({ queries, findings, reason }) => queries.map((query) => ({ query, findings: [...findings], because: reason ?? '' }))));

  test.each(cases)('$query: $findings $because', async ({ query, findings }) => {
    const result = await examined(query);
    expect([...result.names].sort()).toEqual([...findings].sort());
    expect(result.tookMs).toBeLessThan(promisedMs(result));
  });
});
