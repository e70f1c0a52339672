/** The options that bring a board into its bootloader and out of it: how they are written. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { StageFlashError } from '../errors.js';
import type { AskConsent, BoardMoves, LineStep } from '../flash-options.js';

export interface MoveValues {
  readonly enter?: readonly LineStep[];
  readonly enterAsk?: string;
  readonly enterCmd?: string;
  readonly enterSend?: Uint8Array;
  readonly leave?: readonly LineStep[];
  readonly leaveAsk?: string;
  readonly leaveCmd?: string;
}

export function addEnterOptions(command: Command): Command {
  return command
    .option('--enter <steps>', 'bring the board into its bootloader by DTR and RTS, e.g. dtr=1+rts=1,100ms,rts=0 (1: asserted)', parseLineSteps)
    .option('--enter-cmd <command>', 'bring the board into its bootloader by a command of this machine', parseCommand)
    .option('--enter-send <hex>', 'bring the board into its bootloader by bytes that its application understands', parseHexBytes)
    .option('--enter-ask <text>', 'bring the board into its bootloader by a person, who is told this', parseTask);
}

export function addLeaveOptions(command: Command): Command {
  return command
    .option('--leave <steps>', 'bring the board out of it in the end, by DTR and RTS', parseLineSteps)
    .option('--leave-cmd <command>', 'bring the board out of it in the end, by a command', parseCommand)
    .option('--leave-ask <text>', 'bring the board out of it in the end, by a person, who is told this', parseTask);
}

/** @param ask undefined where nobody sits. @throws StageFlashError kind `usage` when somebody would have to */
export function boardMoves({ enter, enterAsk, enterCmd, enterSend, leave, leaveAsk, leaveCmd }: MoveValues, ask?: AskConsent): { readonly enter?: BoardMoves; readonly leave?: BoardMoves } {
  const entering = { ...askingPerson('enter', enterAsk, ask), ...(enter && { lines: enter }), ...(enterCmd !== undefined && { command: enterCmd }), ...(enterSend && { send: enterSend }) };
  const leaving = { ...askingPerson('leave', leaveAsk, ask), ...(leave && { lines: leave }), ...(leaveCmd !== undefined && { command: leaveCmd }) };
  return { ...(Object.keys(entering).length > 0 && { enter: entering }), ...(Object.keys(leaving).length > 0 && { leave: leaving }) };
}

function askingPerson(which: 'enter' | 'leave', text: string | undefined, ask: AskConsent | undefined): Pick<BoardMoves, 'person'> {
  if (text === undefined) return {};
  if (ask === undefined) throw new StageFlashError('usage', `--${which}-ask wants somebody at a terminal`, { hint: `--${which}-cmd does it without anybody.` });
  return { person: { text, ask } };
}

function parseTask(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Say what is to be done.');
  return text;
}

const LONGEST_STEP_MS = 60_000;

function parseLineSteps(text: string): readonly LineStep[] {
  return text.split(',').map((step) => {
    const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(step) ?? [];
    if (unit !== undefined) {
      const waitMs = Number(count) * (unit === 's' ? 1000 : 1);
      if (waitMs <= LONGEST_STEP_MS) return { waitMs };
    }
    const lines = step.split('+').map((part) => /^(dtr|rts)=([01])$/.exec(part));
    const names = lines.map((match) => match?.[1]);
    if (lines.includes(null) || new Set(names).size !== names.length) {
      throw new InvalidArgumentError(`Steps are dtr=0, dtr=1, rts=0, rts=1, two at once as dtr=1+rts=0, or a time like 100ms; "${step}" is none.`);
    }
    return Object.fromEntries(lines.map((match) => [match![1], match![2] === '1']));
  });
}

function parseHexBytes(text: string): Uint8Array {
  const digits = text.replaceAll(/[\s:]|0x/g, '');
  if (!/^([0-9a-f]{2})+$/i.test(digits)) throw new InvalidArgumentError('Bytes are written in hexadecimal, like 0d0a or "0D 0A".');
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

function parseCommand(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('The command is empty.');
  return text;
}
