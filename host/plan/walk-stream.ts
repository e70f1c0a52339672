/** A stream of ours → what the stub does with it, operation by operation, as far as that takes time (PROTOCOL.md §6). */
import { decodeFields, fixedBytes } from '../protocol/fields.js';
import { OPERATIONS } from '../protocol/wire.js';
import { sectorRuns } from './build-plan.js';
import type { Plan } from './plan.js';

/** Offsets are of the stream: an operation is executed when everything before `to` has come. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Flash words of one sector, as they come; out of RAM where `to` is `from`. */
export interface ContentOperation extends Stretch {
  readonly name: 'content';
  readonly address: number;
  readonly words: number;
  readonly form: 'stored' | 'packed' | 'copied';
}

export type Operation =
  | ContentOperation
  | (Stretch & { readonly name: 'erase' | 'keep'; readonly address: number })
  | (Stretch & { readonly name: 'fence' | 'other' })
  | (Stretch & { readonly name: 'prove'; readonly lengthBytes: number });

const BY_ID = new Map(Object.values(OPERATIONS).map((operation) => [operation.id as number, operation]));

/** @param plan that it was made of: only there it says which sectors packed content is for */
export function* walkStream(stream: Uint8Array, plan: Plan): Generator<Operation> {
  const runs = [...sectorRuns(plan)];
  const wordBytes = plan.part.flashWordBytes;
  let form: ContentOperation['form'] = 'packed';
  for (let from = 0; from < stream.length; ) {
    const operation = BY_ID.get(stream[from]!)!;
    const begin = from + 1 + fixedBytes(operation.fields);
    const values: Partial<Record<string, number>> = decodeFields(operation.fields, stream.subarray(from + 1, begin))!;
    const { address = 0, length: lengthBytes = 0, packedBytes = 0, contentBytes = 0, parameters = 0 } = values;
    const to = begin + (operation === OPERATIONS.write || operation === OPERATIONS.codec ? lengthBytes : packedBytes);
    if (operation === OPERATIONS.erase) yield { name: 'erase', from, to, address };
    else if (operation === OPERATIONS.keep) yield { name: 'keep', from, to, address };
    else if (operation === OPERATIONS.fence || operation === OPERATIONS.end) yield { name: 'fence', from, to };
    else if (operation === OPERATIONS.prove) yield { name: 'prove', from, to, lengthBytes };
    else if (operation === OPERATIONS.write) yield { name: 'content', from: begin, to, address, words: lengthBytes / wordBytes, form: 'stored' };
    else if (operation === OPERATIONS.restore) yield { name: 'content', from: to, to, address, words: lengthBytes / wordBytes, form: 'stored' };
    else if (operation === OPERATIONS.piece) {
      for (let at = begin, left = contentBytes; left > 0; ) {
        const run = runs.shift()!;
        const end = at + Math.round((packedBytes * run.bytes.length) / contentBytes);
        left -= run.bytes.length;
        yield { name: 'content', from: at, to: left > 0 ? end : to, address: run.address, words: programmedWords(plan, run.address, run.bytes.length), form };
        at = end;
      }
    } else {
      if (operation === OPERATIONS.packed) form = parameters >> 12 === 0 ? 'packed' : 'copied';
      yield { name: 'other', from, to };
    }
    from = to;
  }
}

/** Blanks between them are left alone. */
function programmedWords(plan: Plan, from: number, lengthBytes: number): number {
  const programmed = plan.writes.filter(({ address }) => address >= from && address < from + lengthBytes);
  return programmed.reduce((sum, { bytes }) => sum + bytes.length, 0) / plan.part.flashWordBytes;
}
