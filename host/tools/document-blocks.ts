/** What the documents say about the tool and the tool knows better: README's help and exit codes. Pure. */
import { EXIT_MEANINGS } from '../cli/help-text.js';
import { EXIT_CODES } from '../errors.js';

/** @param help what `stage-flash flash --help` prints */
export function withToolFacts(readme: string, help: string): string {
  const exitCodes = ['| code | meaning |', '|--:|---|', ...Object.entries(EXIT_MEANINGS).map(([name, meaning]) => `| ${EXIT_CODES[name as keyof typeof EXIT_CODES]} | ${meaning} |`)];
  return replaceBlock(replaceBlock(readme, 'help', ['```', ...help.trim().split('\n'), '```']), 'exit-codes', exitCodes);
}

function replaceBlock(document: string, name: string, lines: readonly string[]): string {
  const begin = `<!-- ${name}:begin -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(`<!-- ${name}:end -->`);
  if (from < 0 || to < 0) throw new Error(`the markers of ${name} are missing`);
  return `${document.slice(0, from + begin.length)}\n${lines.join('\n')}\n${document.slice(to)}`;
}
