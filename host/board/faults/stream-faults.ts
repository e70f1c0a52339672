/** Faults that change the bytes on their way: escapes, eaten control characters, injected text, noise. */
import { oneOf, parseCount, parseInteger, parsePercent, parsePeriodMs } from '../option-parsers.js';
import type { Fault, FaultSite } from '../faults.js';
import { msToTicks } from '../time.js';
import { FlowGate, XOFF, XON } from './flow-gate.js';
import { ModemEscape } from './modem-escape.js';

const IAC = 0xff;

const BOTH_WAYS = { form: 'line|network|both', default: 'both' } as const;
type Way = 'line' | 'network' | 'both';

/** A fault that replaces each byte by any number of bytes. */
function perByte(help: string, replace: (byte: number) => readonly number[]): Fault {
  return {
    help,
    argument: BOTH_WAYS,
    install: ({ world: { converter } }, argument) => {
      const way: Way = oneOf('line', 'network', 'both')(argument);
      const filter = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...bytes].flatMap(replace));
      if (way !== 'network') converter.toLineFilters.push(filter);
      if (way !== 'line') converter.toNetworkFilters.push(filter);
    },
  };
}

/** A fault that hits bytes at random, both ways. */
function random(help: string, hit: (byte: number, site: FaultSite) => readonly number[]): Fault {
  return {
    help,
    argument: { form: 'PERCENT of the bytes', default: '0.05' },
    install: (site, argument) => {
      const share = parsePercent(argument);
      const filter = (bytes: Uint8Array): Uint8Array =>
        Uint8Array.from([...bytes].flatMap((byte) => (site.random.fraction() < share ? hit(byte, site) : [byte])));
      site.world.converter.toLineFilters.push(filter);
      site.world.converter.toNetworkFilters.push(filter);
    },
  };
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Calls `action` every `periodMs` of virtual time, for ever. */
function every(periodMs: number, { scheduler, world }: FaultSite, action: (tick: number) => void): void {
  const again = (tick: number): void => {
    action(tick);
    scheduler.at(tick + msToTicks(periodMs), again);
  };
  scheduler.at(world.now + msToTicks(periodMs), again);
}

export const streamFaults: Readonly<Record<string, Fault>> = {
  'ff-doubled': perByte('0xFF is doubled, as by a telnet end that faces a raw one', (byte) => (byte === IAC ? [IAC, IAC] : [byte])),
  'ff-stripped': perByte('0xFF is lost, as by a telnet end that faces a raw one', (byte) => (byte === IAC ? [] : [byte])),
  xonxoff: perByte('0x11 and 0x13 are taken for flow control', (byte) => (byte === XON || byte === XOFF ? [] : [byte])),
  'xoff-obeyed': {
    help: 'the board is heard for flow control: after 0x13 nothing goes to it until 0x11, or until somebody connects anew',
    install: ({ world: { converter, onConnected } }) => {
      const gate = new FlowGate((bytes, tick) => converter.writeToLine(bytes, tick));
      onConnected.push(() => gate.connected());
      converter.toNetworkFilters.unshift((bytes, tick) => gate.fromBoard(bytes, tick));
      converter.toLineFilters.push((bytes) => gate.fromHost(bytes));
    },
  },
  lose: random('single bytes are lost on the UART', () => []),
  flip: random('single bits turn over on the UART', (byte, site) => [byte ^ (1 << site.random.below(8))]),
  prefix: {
    help: 'every packet to the host begins with an identity text',
    argument: { form: 'TEXT', default: 'USR410S:' },
    install: ({ world: { converter } }, text) => {
      converter.toNetworkFilters.push((bytes) => Uint8Array.of(...ascii(text), ...bytes));
    },
  },
  banner: {
    help: 'the converter greets each client',
    argument: { form: 'TEXT', default: 'ser2net port 4001 device /dev/ttyS1 [115200 EVEN 1STOP 8DATABITS]' },
    install: ({ world }, text) => {
      world.onConnected.push((connection, tick) => connection.sendToHost(ascii(`${text}\r\n`), tick));
    },
  },
  'stale-cache': {
    help: 'what the board says while nobody is connected greets the next client',
    argument: { form: 'BYTES that are kept', default: '512' },
    install: ({ world }, argument) => {
      const limit = parseCount(argument);
      let kept: number[] = [];
      world.converter.toNetworkFilters.push((bytes) => {
        if (world.client === undefined) kept = [...kept, ...bytes].slice(0, limit);
        return bytes;
      });
      world.onConnected.push((connection, tick) => {
        connection.sendToHost(Uint8Array.from(kept), tick);
        kept = [];
      });
    },
  },
  'heartbeat-network': {
    help: 'the converter sends the host a sign of life',
    argument: { form: 'PERIOD', default: '30s' },
    install: (site, period) => {
      every(parsePeriodMs(period), site, (tick) => site.world.client?.sendToHost(ascii('HEARTBEAT'), tick));
    },
  },
  'heartbeat-line': {
    help: 'the converter sends the board a sign of life',
    argument: { form: 'PERIOD', default: '30s' },
    install: (site, period) => {
      every(parsePeriodMs(period), site, (tick) => site.world.converter.writeToLine(ascii('HEARTBEAT'), tick));
    },
  },
  'second-client': {
    help: 'somebody else polls the board through the same converter (a Modbus request)',
    argument: { form: 'PERIOD', default: '10s' },
    install: (site, period) => {
      const request = Uint8Array.of(0x01, 0x03, 0x00, 0x00, 0x00, 0x0a, 0xc5, 0xcd);
      every(parsePeriodMs(period), site, (tick) => site.world.converter.writeToLine(request, tick));
    },
  },
  'modem-escape': {
    help: 'a GSM terminal leaves data mode when the board says 10 ETX, or +++ after a second of quiet, until somebody connects anew',
    argument: { form: 'ETX', default: '0x03' },
    install: ({ world }, argument) => {
      const modem = new ModemEscape(parseInteger(argument));
      world.onConnected.push(() => modem.connected());
      world.converter.toNetworkFilters.unshift((bytes, tick) => modem.fromBoard(bytes, tick));
      world.converter.toLineFilters.push((bytes) => modem.fromHost(bytes));
    },
  },
  echo: {
    help: 'what goes to the board comes back, as on a half-duplex bus',
    install: ({ world: { converter } }) => {
      converter.toLineFilters.push((bytes, tick) => {
        converter.sendPacket(bytes, tick);
        return bytes;
      });
    },
  },
};
