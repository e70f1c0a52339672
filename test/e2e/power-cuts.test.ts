/** A sample of what `make soak` tries at every flash operation: the power fails, the board starts, the same command is run again. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../host/board/random.js';
import { NO_REST_JOURNAL } from '../../host/session/rest-journal.js';
import { NO_SESSION_FILE } from '../../host/session/session-file.js';
import { AMONG_OTHERS_CASES, amongOthersCut, pulseCut, SMALL_CASES, SMALL_OPERATIONS, smallCut } from '../soak/cut-cases.js';
import { cutPower, MOMENTS, type PowerCut } from '../soak/power-cut.js';

const random = new Random(5);
const AT_THE_EDGES = [1, 2, 7, SMALL_OPERATIONS - 1, SMALL_OPERATIONS];
const CASES: readonly PowerCut[] = [
  ...AT_THE_EDGES.flatMap((operation) => MOMENTS.map((moment, index) => ({ ...smallCut(operation + index), operation, moment, boot0: 'low' as const }))),
  // Cut in its last instant, the flash word of the vector is half done all the same.
  pulseCut(515),
  ...Array.from({ length: 8 }, () => smallCut(random.below(SMALL_CASES))),
  ...Array.from({ length: 8 }, () => amongOthersCut(random.below(AMONG_OTHERS_CASES))),
];

describe('the power fails', () => {
  test.each(CASES.map((cut) => ({ ...cut, among: cut.beside ? ', among others' : '', way: cut.isOldKnown ? 'in place' : cut.options.compress === false ? 'stored' : 'compressed' })))(
    'in operation $operation ($moment, BOOT0 $boot0, $way$among, seed $seed): nothing torn starts, and a rerun ends right',
    async (cut) => {
      const { wasCut, boot, wrong } = await cutPower(cut);
      expect({ wasCut, wrong }).toEqual({ wasCut: true, wrong: undefined });
      expect(boot).not.toBe('torn');
    },
  );

  test('and a flash word that it left half done is not trusted because it reads right, on the machine that remembers', async () => {
    const lateInTheLastWord = (seed: number): PowerCut => ({ ...smallCut(0), operation: SMALL_OPERATIONS, moment: 'late', boot0: 'high', seed });
    // Without a memory the word passes for right: this is the case at all.
    expect((await cutPower({ ...lateInTheLastWord(3), file: NO_SESSION_FILE, journal: NO_REST_JOURNAL })).wrong).toBeDefined();
    expect((await cutPower(lateInTheLastWord(3))).wrong).toBeUndefined();
  });

  test('and what was erased beside the image comes back from the journal; without it, it is lost', async () => {
    const behindTheErases: PowerCut = { ...amongOthersCut(0), operation: 20, moment: 'middle', boot0: 'high' };
    expect((await cutPower({ ...behindTheErases, journal: NO_REST_JOURNAL })).wrong).toMatch(/^offset 0x10005: 255/);
    expect((await cutPower(behindTheErases)).wrong).toBeUndefined();
  });
});
