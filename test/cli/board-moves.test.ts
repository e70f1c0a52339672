import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { addEnterOptions, addLeaveOptions, boardMoves } from '../../host/cli/board-moves.js';

function moves(...options: readonly string[]) {
  const command = addLeaveOptions(addEnterOptions(new Command())).exitOverride().configureOutput({ writeErr: () => undefined });
  return boardMoves(command.parse(options, { from: 'user' }).opts());
}

test('nothing is moved unless asked for', () => expect(moves()).toEqual({}));

test('each way of entering and leaving is handed on', () => {
  expect(moves('--enter-cmd', 'relay on', '--enter-send', '0x0D 0a:FF', '--leave', 'rts=1,0.1s,rts=0', '--leave-cmd', 'relay off')).toEqual({
    enter: { command: 'relay on', send: Uint8Array.of(0x0d, 0x0a, 0xff) },
    leave: { command: 'relay off', lines: [{ rts: true }, { waitMs: 100 }, { rts: false }] },
  });
  expect(moves('--enter', 'dtr=1+rts=1,100ms,rts=0').enter?.lines).toEqual([{ dtr: true, rts: true }, { waitMs: 100 }, { rts: false }]);
});

test('a person is told what to do, where there is one', () => {
  const command = addLeaveOptions(addEnterOptions(new Command()));
  const ask = (): Promise<boolean> => Promise.resolve(true);
  const values = command.parse(['--enter-ask', 'Set the jumper.'], { from: 'user' }).opts();
  expect(boardMoves(values, ask)).toEqual({ enter: { person: { text: 'Set the jumper.', ask } } });
  expect(() => boardMoves(values)).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining('--enter-ask') as string }));
});

describe('is a usage error', () => {
  test.each([
    ['--enter', 'dtr=2'], ['--enter', 'dtr'], ['--enter', 'dtr=1+dtr=0'], ['--enter', '100'], ['--enter', '61s'], ['--enter', ''], ['--leave', 'rts=1,,rts=0'],
    ['--enter-send', 'abc'], ['--enter-send', 'xyz'], ['--enter-send', ''], ['--enter-cmd', ' '], ['--enter-ask', ''],
  ])('%s "%s"', (option, value) => {
    expect(() => moves(option, value)).toThrow(expect.objectContaining({ code: 'commander.invalidArgument' }));
  });
});
