/** `stage-flash info`: what the board is and what its flash holds. Changes nothing but RAM. */
import type { InfoReport, JobOptions } from './flash-options.js';
import { visitBoard } from './job/visit-board.js';
import { boardInfo, describeBoard } from './report/board-info.js';
import { reportDetails } from './report/report.js';

export function info(options: JobOptions): Promise<InfoReport> {
  return visitBoard(
    options,
    () => undefined,
    ({ part, session }) => Promise.resolve(boardInfo(part, session.facts)),
    ({ result: board, ending, log }) => ({ outcome: 'inspected', text: `${describeBoard(board)}\n${ending}`, details: { ...reportDetails(log), info: board } }),
  );
}
