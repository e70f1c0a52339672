/** No connection: which trouble is it? By the code of the network stack's own error, where there is one. Pure. */
import type { StageFlashError } from '../errors.js';
import type { Finding } from '../flash-options.js';
import { finding, type FindingName } from './findings.js';

const BY_CODE: Readonly<Record<string, FindingName>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'busy',
  ETIMEDOUT: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
};

/** What has no row of its own says itself what it means and what to try. */
export function connectionFinding({ message, hint, cause }: StageFlashError): Finding {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const name = BY_CODE[code];
  if (name !== undefined) return finding(name, message);
  return { name: 'no-connection', evidence: message, meaning: 'There is no link, so nothing could be examined.', remedy: hint ?? 'Check address and network.' };
}
