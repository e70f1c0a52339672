/**
 * A link that writes down everything that passes, for bug reports: time, direction, length and bytes, one line per call.
 *
 * Written at once, so that a crash loses nothing. Holds firmware in the clear, as the wire does.
 */
import { appendFileSync, closeSync, existsSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { StageFlashError, fileTrouble } from '../errors.js';
import type { LineSettings } from './line-settings.js';
import type { Link } from './link.js';
import { wrapLink } from './wrap-link.js';

/**
 * @param warn is told when the trace cannot be gone on with: the job can
 * @throws StageFlashError kind `usage` when the file cannot be created, or is something else than an earlier trace.
 */
export function traceLinkToFile(link: Link, path: string, warn: (text: string) => void = () => {}): Link {
  if (existsSync(path) && statSync(path).isFile() && !['', '# '].includes(firstBytes(path))) {
    throw new StageFlashError('usage', `${path} exists and is not a trace: it is not overwritten`, { hint: 'Name another file, or delete it first.' });
  }
  let begun = false;
  let broken = false;
  const write = (line: string): void => {
    if (broken) return;
    try {
      if (!begun) writeFileSync(path, `${line}\n`);
      else appendFileSync(path, `${line}\n`);
      begun = true;
    } catch (cause) {
      if (!begun) throw new StageFlashError('usage', `the trace file ${path} cannot be written: ${fileTrouble(cause)}`, { hint: 'Name a file in a folder that exists and can be written.', cause });
      broken = true;
      warn(`The trace ends here: ${path} cannot be written (${fileTrouble(cause)}).`);
    }
  };
  return traceLink(link, write);
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
  return wrapLink(link, {
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
  });
}

function describeLine({ baudRate, parity, stopBits }: LineSettings): string {
  return `${baudRate} baud, ${parity} parity, ${stopBits} stop bits`;
}
