import { expect, test } from 'vitest';
import type { Failure } from '../../host/bootloader/hopeless.js';
import { isHopeless } from '../../host/bootloader/hopeless.js';

/** After how many failures of this sequence, repeated, a command is given up. */
function givenUpAfter(...sequence: Failure[]): number {
  const failures: Failure[] = [];
  while (!isHopeless(failures)) failures.push(sequence[failures.length % sequence.length] as Failure);
  return failures.length;
}

test.each<[after: number, sequence: Failure[]]>([
  [2, ['address refused']],
  [4, ['command refused']],
  [5, ['lost']],
  [8, ['data refused']],
  [8, ['address refused', 'lost']],
  [8, ['command refused', 'command refused', 'command refused', 'lost']],
])('after %i failures of %j', (after, sequence) => {
  expect(givenUpAfter(...sequence)).toBe(after);
});
