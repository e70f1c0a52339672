import { describe, expect, test } from 'vitest';
import { parseConfigFile } from '../../host/config/config-file.js';

const PATH = '/site/stage-flash.toml';
const parse = (text: string) => parseConfigFile(PATH, text);

test('holds a default link, settings and named boards', () => {
  const { settings, boards } = parse(`
    to = "@pump-7"
    retry-budget = 20

    [boards.pump-7]
    url = "tcp://10.0.0.7:4001?baud=57600"
    chip = "STM32H743xI"
    enter-cmd = "relay 7 boot"
    retry-budget = 0.5

    [boards.valve]
    url = "sim:"
  `);
  expect(Object.fromEntries(settings)).toEqual({ to: '@pump-7', 'retry-budget': '20' });
  expect(boards.get('pump-7')?.url).toBe('tcp://10.0.0.7:4001?baud=57600');
  expect(Object.fromEntries(boards.get('pump-7')!.settings)).toEqual({ chip: 'STM32H743xI', 'enter-cmd': 'relay 7 boot', 'retry-budget': '0.5' });
  expect([...boards.keys()]).toEqual(['pump-7', 'valve']);
});

test('may be empty', () => {
  expect(parse('').boards.size).toBe(0);
});

describe('a mistake is one line that names file and key', () => {
  test.each([
    ['retry_budget = 1', 'there is no setting "retry_budget"'],
    ['toString = 1', 'there is no setting "toString"'],
    ['chip = "STM32H743xI"', 'there is no setting "chip"'],
    ['[boards.a]\nurl = "sim:"\nulr = "sim:"', 'there is no setting "boards.a.ulr"'],
    ['[boards.a]\nchip = "STM32H743xI"', 'boards.a lacks its url'],
    ['[boards.a]\nurl = 7', 'boards.a.url must be a text in quotes'],
    ['retry-budget = "long"', 'retry-budget must be a number'],
    ['boards = 1', 'boards must be a table'],
    ['[boards]\na = "sim:"', 'boards.a must be a table'],
    ['[boards."a b"]\nurl = "sim:"', 'boards.a b must have a name of letters'],
    ['[board.a]\nurl = "sim:"', 'there is no setting "board"'],
  ])('%s', (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining(`${PATH}: ${message}`) as string }));
  });

  test('and, where it is no TOML, line and column', () => {
    expect(() => parse('to = "sim:"\nretry-budget = = 1')).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringMatching(/^\/site\/stage-flash\.toml:2:\d+: [^\n]+$/) as string }));
  });
});
