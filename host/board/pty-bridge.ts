/**
 * A pseudo-terminal in front of a served board, for tools that want a serial port: `socat` between a link in the file system and the
 * board's TCP port. It outlives the tools that open and close the terminal.
 */
import { execa, ExecaError } from 'execa';
import { StageFlashError } from '../errors.js';

export interface PtyBridge {
  stop(): Promise<void>;
}

/** @param onEnd is told why there is no terminal (any more): socat is missing, cannot make the link, or has been ended. */
export function bridgePty(link: string, port: number, onEnd: (error: StageFlashError) => void): PtyBridge {
  const controller = new AbortController();
  const socat = execa('socat', [`PTY,link=${link},raw,echo=0`, `TCP:127.0.0.1:${port},nodelay`], { cancelSignal: controller.signal });
  const ended = socat.then(
    () => onEnd(new StageFlashError('link', `pty:${link} is closed: socat has ended`)),
    (error: unknown) => {
      if (!controller.signal.aborted) onEnd(explain(link, error));
    },
  );
  return {
    stop: () => {
      controller.abort();
      return ended;
    },
  };
}

function explain(link: string, cause: unknown): StageFlashError {
  if (cause instanceof ExecaError && cause.exitCode !== undefined) {
    const [reason = 'socat has failed'] = String(cause.stderr).trim().split('\n').slice(-1);
    return new StageFlashError('link', `cannot serve pty:${link}: ${reason}`, { cause });
  }
  return new StageFlashError('link', `cannot serve pty:${link}: socat does not start`, {
    hint: 'Install socat, or listen on tcp:// and connect a terminal yourself.',
    cause,
  });
}
