/**
 * A serial port that is one end of a pseudo-terminal, held by socat. What that cannot prove: a pseudo-terminal has no bit rate, no parity and
 * no modem lines, and its end looks otherwise than that of an adapter that is unplugged: all this is left to the package.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { AN3155_LINE } from '../../host/link/line-settings.js';
import type { Link } from '../../host/link/link.js';
import { openSerialLink } from '../../host/link/serial-link.js';
import { findTool, mustSkip } from '../e2e/foreign/foreign-tools.js';
import { atEnd, receiveAll, serveTcp } from './wires.js';

const folder = mkdtempSync(join(tmpdir(), 'stage-flash-tty-'));
const tty = join(folder, 'tty');
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.doUnmock('serialport');
  vi.resetModules();
});

async function open(path = tty): Promise<Link> {
  const link = await openSerialLink({ name: `serial://${path}`, path, line: AN3155_LINE });
  atEnd(() => link.close());
  return link;
}

const failure = (opening: Promise<unknown>): Promise<unknown> => opening.then(() => expect.unreachable('it was opened'), (error: unknown) => error);

describe.skipIf(mustSkip('serial ports', 'socat'))('a port', () => {
  /** socat with a pseudo-terminal on one side and an echo on the other. */
  async function startPort(): Promise<void> {
    const port = await serveTcp((socket) => void socket.pipe(socket));
    const socat = execa(findTool('socat') ?? 'socat', [`PTY,link=${tty},raw,echo=0`, `TCP:127.0.0.1:${port}`], { reject: false });
    atEnd(() => (socat.kill(), socat));
    await vi.waitFor(async () => execa('test', ['-e', tty]), { timeout: 10_000, interval: 10 });
  }

  test('passes every byte, both ways', async () => {
    await startPort();
    const link = await open();
    const bytes = Uint8Array.from({ length: 1024 }, (_, at) => at % 256);
    await link.send(bytes);
    expect(await receiveAll(link, bytes.length)).toEqual(bytes);
    expect(link.abilities).toEqual(['rate', 'modem-lines']);
  });

  test('changes its rate, but not its parity, while it is open', async () => {
    await startPort();
    const link = await open();
    await link.setLine?.({ ...link.line, baudRate: 57_600 });
    expect(link.line.baudRate).toBe(57_600);
    await expect(link.setLine?.({ ...link.line, parity: 'none' })).rejects.toMatchObject({ kind: 'link' });
  });

  test('that somebody else holds is in use', async () => {
    await startPort();
    await open();
    expect(await failure(open())).toMatchObject({ kind: 'link', message: `serial://${tty} is in use`, hint: expect.stringContaining('fuser') as string });
  });
});

test('a port that is not there, or is none, is one line', async () => {
  expect(await failure(open('/dev/no-such-tty'))).toMatchObject({ kind: 'link', message: 'serial:///dev/no-such-tty does not exist' });
  writeFileSync(join(folder, 'file'), '');
  expect(await failure(open(join(folder, 'file')))).toMatchObject({ kind: 'link', message: expect.stringContaining(folder) as string });
});

/** Root may open everything, so the package's word for it is given instead. */
test('a port that may not be opened names the group of that very device', async () => {
  const path = join(folder, 'forbidden');
  writeFileSync(path, '');
  chmodSync(path, 0);
  vi.doMock('serialport', () => ({ SerialPort: class {
    open(callback: (error: Error) => void): void {
      callback(new Error(`Error: Permission denied, cannot open ${path}`));
    }
  } }));
  const { stdout: group } = await execa('id', ['-gn']);
  expect(await failure(open(path))).toMatchObject({
    kind: 'link', message: `serial://${path} may not be opened`, hint: `Join the group that may: sudo usermod -aG ${group} $USER, and log in anew.`,
  });
});

test('without the package there is one line that says how to get it', async () => {
  vi.doMock('serialport', () => {
    throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  });
  expect(await failure(open())).toMatchObject({ kind: 'link', hint: expect.stringContaining('npm install serialport') as string });
});
