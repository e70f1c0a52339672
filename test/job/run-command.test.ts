import { expect, test } from 'vitest';
import type { JobEvent } from '../../host/events.js';
import { JobEvents } from '../../host/job-events.js';
import { runCommand } from '../../host/job/run-command.js';

async function run(command: string, longestMs?: number, signal?: AbortSignal) {
  const events: JobEvent[] = [];
  const error = await runCommand('--enter-cmd', command, new JobEvents((event) => events.push(event)), signal, longestMs).then(() => undefined, (thrown: unknown) => thrown);
  return { error, notes: events.map((event) => ('text' in event ? event.text : '')) };
}

test('what a command says, on either output, becomes notes', async () => {
  expect(await run('echo one; echo two >&2')).toEqual({ error: undefined, notes: expect.arrayContaining(['--enter-cmd: one', '--enter-cmd: two']) as string[] });
});

test('a command that fails is one line with its exit code, and does not repeat what may be a password', async () => {
  const { error, notes } = await run('echo "no relay 7" && exit 3 # secret');
  expect(error).toMatchObject({ kind: 'link', exitCode: 5, message: '--enter-cmd ended with exit code 3' });
  expect(notes).toEqual(['--enter-cmd: no relay 7']);
  expect(JSON.stringify(error)).not.toContain('secret');
});

test('a command that does not exist is what the shell says', async () => {
  const { error, notes } = await run('no-such-program');
  expect(error).toMatchObject({ kind: 'link', message: '--enter-cmd ended with exit code 127' });
  expect(notes.join()).toContain('not found');
});

test('a command that does not end is ended, with all that it has started', { timeout: 10_000 }, async () => {
  const { error } = await run('sleep 60 | sleep 60; sleep 60', 200);
  expect(error).toMatchObject({ kind: 'link', message: '--enter-cmd has not ended after 0.2 s' });
});

test('Ctrl-C ends it', { timeout: 10_000 }, async () => {
  const controller = new AbortController();
  const running = run('echo begun; sleep 60; true', undefined, controller.signal);
  setTimeout(() => controller.abort(), 100);
  expect((await running).error).toMatchObject({ kind: 'interrupted' });
});
