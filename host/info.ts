/** `stage-flash info`: what the board is and what its flash holds. Changes nothing but RAM. */
import type { InfoReport, JobOptions } from './flash-options.js';
import { visitBoard, type VisitPlace } from './job/visit-board.js';
import { boardInfo, describeBoard } from './report/board-info.js';
import { reportDetails } from './report/report.js';

export function info(options: JobOptions, place?: VisitPlace): Promise<InfoReport> {
  return visitBoard(options, {
    begin: () => undefined,
    work: ({ part, session }) => Promise.resolve(boardInfo(part, session.facts)),
    finish: ({ result: board, ending, log }) => ({ outcome: 'inspected', text: `${describeBoard(board)}\n${ending}`, details: { ...reportDetails(log), info: board } }),
  }, place);
}
