import { describe, expect, test } from 'vitest';
import { openExecLink } from '../../host/link/exec-link.js';
import { AN3155_LINE } from '../../host/link/line-settings.js';
import type { Link } from '../../host/link/link.js';
import { atEnd, receiveAll } from './wires.js';

async function run(script: string, options: { readonly onClosed?: () => void } = {}): Promise<Link> {
  const link = await openExecLink({ name: 'exec:node', command: `"${process.execPath}" -e '${script}'`, line: AN3155_LINE, ...options });
  atEnd(() => link.close());
  return link;
}

const ECHO = 'process.stdin.pipe(process.stdout)';
const later = (link: Link): Promise<unknown> => link.receive(link.now() + 30_000).then((bytes) => expect.unreachable(`${bytes.length} bytes came`), (error: unknown) => error);

test('every byte passes, both ways', async () => {
  const link = await run(ECHO);
  const bytes = Uint8Array.from({ length: 1024 }, (_, at) => at % 256);
  await link.send(bytes);
  expect(await receiveAll(link, bytes.length)).toEqual(bytes);
});

test('closing ends the program’s input, and the program with it', async () => {
  let closings = 0;
  const link = await run(ECHO, { onClosed: () => closings++ });
  await link.send(Uint8Array.of(1));
  await receiveAll(link, 1);
  await Promise.all([link.close(), link.close()]);
  expect(closings).toBe(1);
});

test('closing ends a program that does not look at its input, too', async () => {
  const link = await run('setInterval(() => {}, 1000); console.log(1)');
  await receiveAll(link, 2);
  await link.close();
});

test('closing does not wait for what a pipeline leaves behind', { timeout: 7000 }, async () => {
  const link = await openExecLink({ name: 'exec:sh', command: 'echo 1; (trap "" TERM HUP PIPE; sleep 20); true', line: AN3155_LINE });
  await receiveAll(link, 2);
  await link.close();
});

describe('a program that ends', () => {
  test('with an exit code is one line, and its last words are the hint', async () => {
    const link = await run('process.stdin.once("data", () => { console.error("Permission denied"); process.exit(3) })');
    await link.send(Uint8Array.of(1));
    expect(await later(link)).toMatchObject({ kind: 'link', message: 'exec:node ended with exit code 3', hint: 'It said last: Permission denied' });
    await expect(link.send(Uint8Array.of(1))).rejects.toMatchObject({ message: 'exec:node ended with exit code 3' });
  });

  test('without an error has not done its work either', async () => {
    expect(await later(await run('0'))).toMatchObject({ kind: 'link', message: 'exec:node ended with exit code 0', hint: expect.stringContaining('Try the command by itself') as string });
  });

  test('hands over everything that it said before', async () => {
    const link = await run('process.stdout.write("last words", () => process.exit(1))');
    expect(Buffer.from(await receiveAll(link, 10)).toString()).toBe('last words');
    expect(await later(link)).toMatchObject({ message: 'exec:node ended with exit code 1' });
  });

  test('while it is written to says how it ended', async () => {
    const link = await run('process.stdin.destroy(); setTimeout(() => process.exit(4), 50)');
    const flood = async (): Promise<void> => {
      for (;;) await link.send(new Uint8Array(1 << 16));
    };
    await expect(flood()).rejects.toMatchObject({ kind: 'link', message: 'exec:node ended with exit code 4' });
  });
});

test('a command that does not exist is what the shell says', async () => {
  const link = await openExecLink({ name: 'exec:no-such-program', command: 'no-such-program', line: AN3155_LINE });
  expect(await later(link)).toMatchObject({ kind: 'link', message: 'exec:no-such-program ended with exit code 127', hint: expect.stringContaining('not found') as string });
});
