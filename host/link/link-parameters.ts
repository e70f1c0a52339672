/**
 * The parameters of link URLs, `?name=value&…`: a table per kind of link, one way to read them. Whoever names one that does not exist,
 * or a value that is none, is told what there is.
 */
import { StageFlashError } from '../errors.js';
import type { LineSettings, Parity } from './line-settings.js';
import { AN3155_LINE } from './line-settings.js';

export interface Parameter<Values> {
  /** Undefined: the value is not possible. */
  readonly parse: (value: string) => Partial<Values> | undefined;
  /** Completes "VALUE is not possible; …". */
  readonly possible: string;
}

export type ParameterTable<Values> = Readonly<Record<string, Parameter<Values>>>;

/**
 * @param where in messages: `tcp://`
 * @throws StageFlashError kind `usage`
 */
export function readParameters<Values>(where: string, parameters: URLSearchParams, table: ParameterTable<Values>): Partial<Values> {
  let values: Partial<Values> = {};
  for (const [name, value] of parameters) {
    const parameter = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!parameter) throw new StageFlashError('usage', `${where} has no parameter "${name}"; it has ${Object.keys(table).join(', ')}`);
    if (parameters.getAll(name).length > 1) throw new StageFlashError('usage', `the parameter "${name}" is given twice`);
    const parsed = parameter.parse(value);
    if (!parsed) throw new StageFlashError('usage', `${name}=${value} is not possible; ${parameter.possible}`);
    values = { ...values, ...parsed };
  }
  return values;
}

const PARITIES: Readonly<Record<string, Parity>> = { none: 'none', even: 'even', odd: 'odd' };

/** Below, AN3155 was never tested (§1); above, a USART at 64 MHz cannot follow (RM0433 §48.5.4: BRR ≥ 16). */
const BAUD_RATES = { lowest: 1200, highest: 4_000_000 };

/** What the serial side is set to. stage-flash must know it even where it cannot set it: all pacing and every deadline come from it. */
export const LINE_PARAMETERS: ParameterTable<LineSettings> = {
  baud: {
    parse: (value) => {
      const baudRate = /^\d+$/.test(value) ? Number(value) : 0;
      return baudRate >= BAUD_RATES.lowest && baudRate <= BAUD_RATES.highest ? { baudRate } : undefined;
    },
    possible: `a whole number from ${BAUD_RATES.lowest} to ${BAUD_RATES.highest} is`,
  },
  parity: {
    parse: (value) => {
      const parity = Object.hasOwn(PARITIES, value) ? PARITIES[value] : undefined;
      return parity && { parity };
    },
    possible: `${Object.keys(PARITIES).join(', ')} are`,
  },
  'stop-bits': { parse: (value) => (value === '1' || value === '2' ? { stopBits: value === '1' ? 1 : 2 } : undefined), possible: '1 and 2 are' },
  'half-duplex': { parse: (value) => (value === '1' ? { isHalfDuplex: true } : undefined), possible: 'only 1 is' },
};

/** The line's settings among `values`, AN3155's where none are given. */
export function lineOf({ baudRate, parity, stopBits, isHalfDuplex }: Partial<LineSettings>): LineSettings {
  return {
    baudRate: baudRate ?? AN3155_LINE.baudRate, parity: parity ?? AN3155_LINE.parity, stopBits: stopBits ?? AN3155_LINE.stopBits,
    ...(isHalfDuplex && { isHalfDuplex }),
  };
}

export interface UdpParameters extends LineSettings {
  readonly localPort: number;
}

export const UDP_PARAMETERS: ParameterTable<UdpParameters> = {
  ...LINE_PARAMETERS,
  'local-port': {
    parse: (value) => (/^\d{1,5}$/.test(value) && Number(value) > 0 && Number(value) < 65_536 ? { localPort: Number(value) } : undefined),
    possible: 'a port from 1 to 65535 is',
  },
};

/** How much a certificate must prove, and what we prove ourselves. */
export interface TlsTrust {
  /** File with the certificates that may sign, in PEM; without it, those that Node brings. */
  readonly caFile?: string;
  /** SHA-256 of the one certificate that is accepted, whoever signed it: 64 lower-case hexadecimal digits. */
  readonly pin?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly acceptAnyCertificate?: boolean;
}

const file = (name: keyof TlsTrust): Parameter<TlsTrust> => ({ parse: (value) => (value === '' ? undefined : { [name]: value }), possible: 'a file is' });

export const TLS_PARAMETERS: ParameterTable<LineSettings & TlsTrust> = {
  ...LINE_PARAMETERS,
  ca: file('caFile'),
  pin: {
    parse: (value) => {
      const pin = value.replaceAll(':', '').toLowerCase();
      return /^[0-9a-f]{64}$/.test(pin) ? { pin } : undefined;
    },
    possible: 'the SHA-256 fingerprint of the certificate is, 64 hexadecimal digits, colons allowed (openssl x509 -noout -fingerprint -sha256)',
  },
  cert: file('certificateFile'),
  key: file('keyFile'),
  'insecure-accept-any-certificate': { parse: (value) => (value === '1' ? { acceptAnyCertificate: true } : undefined), possible: 'only 1 is' },
};
