/**
 * Ways to the board as they are in the field, by name: round trip (median), spread, rates, loss, outages. Figures: measurements and
 * operators' documents where there are any, engineering estimates for the rest; none is a promise of any network.
 */
import type { BoardOptionKey } from './board-options.js';

export interface LinkProfile {
  readonly help: string;
  readonly options: Partial<Record<BoardOptionKey, string>>;
}

export const LINK_PROFILES: Readonly<Record<string, LinkProfile>> = {
  lan: { help: 'same building', options: { rtt: '1ms', jitter: '0.5ms', uplink: '100000', downlink: '100000' } },
  'lan-box': {
    help: 'a small converter in the same building: 10 ms packing, 1 KB buffer',
    options: { rtt: '5ms', jitter: '3ms', uplink: '10000', downlink: '10000', packingInterval: '10ms', packingLength: '1024', buffer: '1024' },
  },
  'wifi-esp': {
    help: 'an ESP bridge on Wi-Fi in power save that loses bytes on its UART',
    options: { rtt: '8ms', jitter: '30ms', uplink: '2000', downlink: '2000', fault: 'lose=0.05,sleep=100ms/300ms' },
  },
  'dsl-vpn': { help: 'VPN over DSL, MTU 1420', options: { rtt: '35ms', jitter: '8ms', uplink: '20000', downlink: '5000', loss: '0.1', segmentLength: '1380' } },
  lte: {
    help: 'LTE, good reception; idle after 10 s, forgotten by its NAT after 270 s',
    options: { rtt: '55ms', jitter: '25ms', uplink: '20000', downlink: '8000', loss: '0.2', fault: 'sleep=10s/100ms,nat-timeout=270s' },
  },
  'lte-edge-of-cell': {
    help: 'LTE at the edge of a cell',
    options: { rtt: '150ms', jitter: '200ms', uplink: '500', downlink: '200', loss: '2', outage: '12s/180s' },
  },
  ltem: {
    help: 'LTE-M whose modem stalls for half a minute now and then',
    options: { rtt: '120ms', jitter: '80ms', uplink: '300', downlink: '300', loss: '0.5', outage: '30s/1800s' },
  },
  '3g': {
    help: 'UMTS; the first packet after idle takes up to two seconds',
    options: { rtt: '200ms', jitter: '100ms', uplink: '1500', downlink: '400', loss: '0.5', fault: 'sleep=5s/2s' },
  },
  edge: { help: '2.75G, suspended by voice calls', options: { rtt: '400ms', jitter: '150ms', uplink: '150', downlink: '80', loss: '1', outage: '20s/600s' } },
  gprs: { help: '2.5G with cell reselection', options: { rtt: '700ms', jitter: '400ms', uplink: '40', downlink: '20', loss: '2', outage: '15s/300s' } },
  nbiot: { help: 'NB-IoT', options: { rtt: '1600ms', jitter: '1500ms', uplink: '25', downlink: '15', loss: '2' } },
  'geo-vsat': {
    help: 'geostationary satellite with rain fades',
    options: { rtt: '620ms', jitter: '40ms', uplink: '2000', downlink: '256', loss: '0.3', outage: '30s/900s' },
  },
  bgan: { help: 'BGAN background class', options: { rtt: '1000ms', jitter: '300ms', uplink: '200', downlink: '100', loss: '1' } },
  leo: { help: 'low earth orbit, handover every 15 s', options: { rtt: '45ms', jitter: '20ms', uplink: '50000', downlink: '10000', loss: '0.5', outage: '0.5s/15s' } },
  'double-hop-vpn-geo': {
    help: 'VPN over two satellite hops, MTU 1280',
    options: { rtt: '1300ms', jitter: '150ms', uplink: '512', downlink: '128', loss: '1', segmentLength: '1240' },
  },
};
