/** `stage-flash demo`: see it work without a board. */
import type { Command } from 'commander';
import { runDemo } from '../demo/run-demo.js';
import type { CommandContext } from './command-context.js';
import { createPrinter } from './print.js';

const RTT_MS = 300;
/** Virtual seconds per second: half a minute on the wire in a few seconds. */
const SPEED = 10;

export function addDemoCommand(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .description('flash a real application onto a virtual board over a slow link, and boot it')
    .action(async () => {
      const printer = createPrinter('people', context.stdout, context.stderr);
      context.stderr.write(`A virtual STM32H743 behind a TCP-to-UART converter at 115200 8E1, ${RTT_MS} ms away; time runs ${SPEED} times as fast.\n`);
      const outcome = await runDemo({ rttMs: RTT_MS, speed: SPEED, events: printer.event, signal: context.signal }).finally(() => printer.end());
      printer.result(outcome.report);
      context.stdout.write([
        '',
        'The application says, over the same wire:',
        ...outcome.banner.split('\n').map((line) => `  | ${line}`),
        '',
        `stage-flash took        ${duration(outcome.sessionMs)} of the board's time.`,
        `AN3155 alone would take ${duration(outcome.romAloneMs)}: the same image, board and link, written and read back by the ROM bootloader, measured just now.`,
        '',
      ].join('\n'));
    });
}

function duration(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
