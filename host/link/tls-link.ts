/**
 * A link over TLS, 1.2 or later: a tunnel to a converter's raw port.
 *
 * The far end proves itself by a certificate that a known authority signed for that host, or that is the pinned one. Nothing else will do,
 * unless a parameter says so by its very name.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { SecureContext, SecureContextOptions, TLSSocket } from 'node:tls';
import { connect, createSecureContext } from 'node:tls';
import { StageFlashError } from '../errors.js';
import type { Link } from './link.js';
import type { TlsTrust } from './link-parameters.js';
import { connectOptions, errorCode, socketStreams, type SocketOptions } from './socket.js';
import { StreamLink } from './stream-link.js';

export interface TlsLinkOptions extends SocketOptions {
  readonly trust: TlsTrust;
}

/** @throws StageFlashError kind `usage` for files that cannot be read, `link`, or `interrupted` */
export async function openTlsLink(options: TlsLinkOptions): Promise<Link> {
  const { name, host, trust } = options;
  const secureContext = contextOf(trust);
  let socket: TLSSocket | undefined;
  // The certificate is judged below, before a byte is sent: Node's own refusal would leave nothing of it to show.
  const start = (): TLSSocket => (socket = connect({ ...connectOptions(options), ...(isIP(host) === 0 && { servername: host }), secureContext, rejectUnauthorized: false }));
  const streams = await socketStreams(start, 'secureConnect', options, (cause) => handshakeFailure(name, cause));
  const refusal = socket && refusalOf(name, socket, trust);
  if (refusal !== undefined) {
    streams.destroy();
    throw refusal;
  }
  return new StreamLink(streams, options);
}

/** Undefined: the far end is who it must be. */
function refusalOf(name: string, socket: TLSSocket, { pin, caFile, acceptAnyCertificate }: TlsTrust): StageFlashError | undefined {
  if (acceptAnyCertificate) return undefined;
  const fingerprint = socket.getPeerCertificate().fingerprint256 ?? 'none';
  if (pin !== undefined && fingerprint.replaceAll(':', '').toLowerCase() !== pin) {
    return new StageFlashError('link', `${name} does not show the pinned certificate but ${fingerprint}`, {
      hint: 'The certificate was renewed, or somebody else answers. Make sure of it before you pin the new one.',
    });
  }
  // A pin alone is the whole proof: converters sign their own certificates, for names that nobody calls them by.
  if (socket.authorized || (pin !== undefined && caFile === undefined)) return undefined;
  const code = String(socket.authorizationError);
  return new StageFlashError('link', `${name}: the certificate ${CERTIFICATE_FAILURES[code] ?? `proves nothing (${code})`}; its fingerprint is ${fingerprint}`, {
    hint: 'If that is the right one, name it (?pin=FINGERPRINT) or whoever signed it (?ca=FILE).',
  });
}

function contextOf({ caFile, certificateFile, keyFile }: TlsTrust): SecureContext {
  const files: SecureContextOptions = {
    minVersion: 'TLSv1.2',
    ...(caFile !== undefined && { ca: readPem('ca', caFile) }),
    ...(certificateFile !== undefined && { cert: readPem('cert', certificateFile) }),
    ...(keyFile !== undefined && { key: readPem('key', keyFile) }),
  };
  try {
    return createSecureContext(files);
  } catch (cause) {
    throw new StageFlashError('usage', `ca, cert or key cannot be used (${errorCode(cause)})`, { hint: 'They must be PEM files, the key without a pass phrase and the one that belongs to the certificate.', cause });
  }
}

function readPem(parameter: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new StageFlashError('usage', `${parameter}=${path} cannot be read (${errorCode(cause)})`, { cause });
  }
}

const NOT_SIGNED = 'is signed by nobody that this machine trusts';

const CERTIFICATE_FAILURES: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: NOT_SIGNED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_SIGNED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_SIGNED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_SIGNED,
  CERT_UNTRUSTED: NOT_SIGNED,
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet; is the clock of this machine right?',
  CERT_REVOKED: 'was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'belongs to another host name',
};

/** Undefined where TLS is not what failed. */
function handshakeFailure(name: string, cause: unknown): StageFlashError | undefined {
  const code = errorCode(cause);
  if (!/^(ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO)/.test(code)) return undefined;
  if (/wrong version number|packet length too long|bad record type/i.test(String(cause))) {
    return new StageFlashError('link', `${name} does not speak TLS`, { hint: 'Try tcp:// with the same port, or look for the TLS port.', cause });
  }
  return new StageFlashError('link', `${name}: the TLS handshake failed (${code})`, { hint: 'The far end may want a client certificate (?cert=FILE&key=FILE), or speak nothing newer than TLS 1.1.', cause });
}
