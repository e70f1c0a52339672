/** What `--help` teaches beyond the options: how a job is written, and what the exit codes mean. */
import { EXIT_CODES } from '../errors.js';

type ExitName = keyof typeof EXIT_CODES;

export const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  ok: 'done, and proven on the board',
  output: 'done, but the result cannot be written to where it should go',
  usage: 'the command line is wrong',
  image: 'the image cannot be read or cannot belong into an STM32H7',
  refused: 'the plan was refused before anything was erased',
  link: 'no connection, or it was lost',
  bootloader: 'no ROM bootloader answers, or it refuses',
  stub: 'the loader or the stub on the board does not answer as it must, or stage-flash itself failed',
  flash: 'erasing or programming failed',
  verify: 'what is in flash is not the image',
  expect: 'done, and proven on the board, but the application does not say what it should',
  findings: 'the doctor has found something',
  interrupted: 'interrupted by Ctrl-C or a signal',
};

const EXAMPLES = `
Examples:
  stage-flash app.hex --to tcp://10.0.0.5:4001
      flash over the raw TCP port of a serial converter set to 115200 8E1
  stage-flash app.bin --address 0x08040000 --to 'tcp://10.0.0.5:4001?baud=57600'
      a raw binary behind a bootloader, over a line of another speed
  stage-flash app.hex --to 'rfc2217://10.0.0.5:4001?baud=230400'
      over a serial server that lets the line be set: it is set to 230400 8E1
  stage-flash app.hex --to 'tcp://10.0.0.5:4001?half-duplex=1'
      over RS-485, or another line with one pair of wires for both directions
  stage-flash app.hex --to 'exec:ssh gateway socat - /dev/ttyS1,raw,b115200,parenb'
      over whatever a program's input and output lead to
  stage-flash app.hex --to 'sim:?rtt=600ms'
      the same on a virtual board in this process, behind a satellite
  stage-flash doctor --to tcp://10.0.0.5:4001
      what is wrong with the link, and what to change
  stage-flash app.hex --dry-run
      what would be done, with the link from STAGE_FLASH_TO

The board must be in its ROM bootloader: reset with BOOT0 high, by hand or by --enter,
--enter-ask, --enter-cmd, --enter-send. The converter's serial side must be set to
8 data bits, even parity, one stop bit (8E1).
`;

export function helpAfterOptions(): string {
  return `${EXAMPLES}\n${exitCodeTable()}\n\nEnvironment:\n  STAGE_FLASH_TO     the link when --to is not given; likewise STAGE_FLASH_CHIP,\n                     STAGE_FLASH_RETRY_BUDGET …\n  STAGE_FLASH_DEBUG  1 adds a stack trace to errors\n`;
}

function exitCodeTable(): string {
  const rows = Object.entries(EXIT_MEANINGS) as [ExitName, string][];
  return ['Exit codes:', ...rows.map(([name, meaning]) => `  ${String(EXIT_CODES[name]).padStart(3)}  ${meaning}`)].join('\n');
}
