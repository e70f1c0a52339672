/** What the servers in front of a virtual board have in common: an address, an end, and the reasons for which they do not start. */
import { StageFlashError } from '../errors.js';

export interface ServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly onClient: (what: string) => void;
}

export interface Server {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

export function cannotListen(scheme: 'tcp' | 'udp', { host, port }: ServerOptions, error: NodeJS.ErrnoException): StageFlashError {
  const lists = scheme === 'tcp' ? '-ltnp' : '-lunp';
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: `ss ${lists} 'sport = :${port}' tells who has it (netstat -ano on Windows). Stop that, or choose another port with --listen; port 0 takes a free one.`,
    EACCES: 'Choose a port above 1023 with --listen.',
    EADDRNOTAVAIL: 'This machine has no such address; 127.0.0.1 serves this machine only, 0.0.0.0 serves every network.',
  };
  const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
  const hint = hints[error.code ?? ''];
  return new StageFlashError('link', `cannot listen on ${scheme}://${host}:${port}: ${reason}`, { cause: error, ...(hint === undefined ? {} : { hint }) });
}
