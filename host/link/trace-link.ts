/**
 * A link that writes down everything that passes, for bug reports: time, direction, length and bytes, one line per call.
 *
 * Written at once, so that a crash loses nothing. Holds firmware in the clear, as the wire does.
 */
import { appendFileSync, closeSync, existsSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { StageFlashError } from '../errors.js';
import type { LineSettings } from './line-settings.js';
import type { Link } from './link.js';

/** @throws StageFlashError kind `usage` when the file cannot be created, or is something else than an earlier trace. */
export function traceLinkToFile(link: Link, path: string): Link {
  if (existsSync(path) && statSync(path).isFile() && !['', '# '].includes(firstBytes(path))) {
    throw new StageFlashError('usage', `${path} exists and is not a trace: it is not overwritten`, { hint: 'Name another file, or delete it first.' });
  }
  try {
    writeFileSync(path, '');
  } catch (cause) {
    throw new StageFlashError('usage', `the trace file ${path} cannot be created`, { cause });
  }
  return traceLink(link, (line) => appendFileSync(path, `${line}\n`));
}

function firstBytes(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(2);
    return bytes.subarray(0, readSync(file, bytes)).toString('latin1');
  } finally {
    closeSync(file);
  }
}

/** @param write takes one line */
export function traceLink(link: Link, write: (line: string) => void): Link {
  const beganMs = link.now();
  const note = (text: string): void => write(`${((link.now() - beganMs) / 1000).toFixed(6)} ${text}`);
  const noteBytes = (direction: '>' | '<', bytes: Uint8Array): void => {
    if (bytes.length > 0) note(`${direction} ${bytes.length} ${Buffer.from(bytes).toString('hex')}`);
  };
  write(`# ${link.name}, ${describeLine(link.line)}; seconds, > sent < received, byte count, bytes`);

  const noteFailure = (error: unknown): never => {
    note(`! ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  };
  return {
    name: link.name,
    get line() {
      return link.line;
    },
    ...(link.abilities && { abilities: link.abilities }),
    ...(link.datagramBytes !== undefined && { datagramBytes: link.datagramBytes }),
    ...(link.connectMs !== undefined && { connectMs: link.connectMs }),
    now: () => link.now(),
    send: async (bytes) => {
      noteBytes('>', bytes);
      await link.send(bytes).catch(noteFailure);
    },
    receive: async (deadlineMs) => {
      const bytes = await link.receive(deadlineMs).catch(noteFailure);
      noteBytes('<', bytes);
      return bytes;
    },
    ...(link.reopen && { reopen: async (afterMs) => traceLink(await link.reopen!(afterMs).catch(noteFailure), write) }),
    ...(link.setLine && {
      setLine: async (line) => {
        note(`# ${describeLine(line)}`);
        await link.setLine!(line).catch(noteFailure);
      },
    }),
    ...(link.setModemLines && {
      setModemLines: async (lines) => {
        note(`# ${JSON.stringify(lines)}`);
        await link.setModemLines!(lines).catch(noteFailure);
      },
    }),
    close: () => link.close(),
  };
}

function describeLine({ baudRate, parity, stopBits }: LineSettings): string {
  return `${baudRate} baud, ${parity} parity, ${stopBits} stop bits`;
}
