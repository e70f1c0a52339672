/** Who speaks without being asked? A stub does every second, an application may, a converter greets. */
import { readableText } from '../bootloader/wrong-answer.js';
import { containsFrame } from '../protocol/frame.js';
import { concat } from './byte-runs.js';
import { EndOfExamination, type Case } from './case.js';

/** A stub is silent for a second at most; some converters end a connection on which the board is for three. */
const LISTEN_MS = 1500;
/** A greeting is said in one breath. */
const BREATH_MS = 700;

export async function examineGreeting(examined: Case): Promise<void> {
  const { line } = examined;
  const heard = await line.listen(LISTEN_MS + (line.connectMs ?? 0), containsFrame);
  const said = concat(...heard.map(({ bytes }) => bytes));
  if (containsFrame(said)) {
    examined.found('stub-at-work', 'frames of a stub come every second');
    throw new EndOfExamination();
  }
  const [first, last] = [heard[0], heard.at(-1)];
  const text = readableText(said);
  if (first !== undefined && last !== undefined && text !== undefined && last.atMs - first.atMs > BREATH_MS) {
    examined.found('application', `it says “${text}”, and goes on`);
    throw new EndOfExamination();
  }
  examined.greeting = said;
}
