/** Faults of the converter's serial side: it is set to something else than the host believes, or changes its settings by itself. */
import type { Parity } from '../../link/line-settings.js';
import { TwoWires } from '../converter/two-wires.js';
import type { Fault } from '../faults.js';
import { oneOf, parseBaud, parseDurationMs } from '../option-parsers.js';
import { msToTicks } from '../time.js';
import { SyncPatternFilter } from './sync-pattern.js';

const parityOf = (parameter: number): Parity => ((parameter & 8) === 0 ? 'none' : ((parameter >> 4) & 3) === 1 ? 'even' : 'odd');

export const serialFaults: Readonly<Record<string, Fault>> = {
  parity: {
    help: 'the converter is set to another parity than the host believes: none is 8N1',
    argument: { form: 'none|odd|even', default: 'none' },
    install: ({ world: { converter } }, argument) => {
      converter.line = { ...converter.line, parity: oneOf('none', 'odd', 'even')(argument) };
    },
  },
  baud: {
    help: 'the converter is set to another bit rate than the host believes',
    argument: { form: 'RATE', default: '9600' },
    install: ({ world: { converter } }, argument) => {
      converter.line = { ...converter.line, baudRate: parseBaud(argument) };
    },
  },
  'half-duplex': {
    help: 'two wires for both directions, as RS-485: who sends hears nothing, nor for a moment afterwards, and garbles what the other end says',
    argument: { form: 'DURATION of the moment', default: '20us' },
    install: ({ world: { converter, board }, random }, argument) => {
      converter.twoWires = new TwoWires({ turnaroundTicks: msToTicks(parseDurationMs(argument)), isBoardSending: () => board.isSending, random });
    },
  },
  'rate-limit': {
    help: 'the converter says that it has set any bit rate, and takes none above this',
    argument: { form: 'RATE', default: '115200' },
    install: ({ world: { converter, board } }, argument) => {
      const limit = parseBaud(argument);
      // Then the two ends of the line are at different rates, and a program that asked for that has been lied to.
      board.violations.tolerate('usart-baud-mismatch', 'usart-frame-mismatch');
      converter.takesRate = (baudRate) => baudRate <= limit;
    },
  },
  'sync-pattern': {
    help: 'the converter obeys 55 AA 55 baud parameter checksum in the stream and does not pass it on',
    install: ({ world: { converter } }) => {
      const pattern = new SyncPatternFilter(({ baudRate, parameter }) => {
        converter.line = { baudRate, parity: parityOf(parameter), stopBits: (parameter & 4) === 0 ? 1 : 2 };
      });
      converter.toLineFilters.push((bytes) => pattern.pass(bytes));
    },
  },
};
