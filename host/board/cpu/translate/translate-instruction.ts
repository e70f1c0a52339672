/** One instruction value → JavaScript statements: the table that leads to the rooms where each kind is written out. */
import type { Instruction } from '../instruction.js';
import { arithmetic, divide, logical, multiply, shift } from './arithmetic.js';
import { compute, extend, extract, insert, long, moveTop, pcRelative } from './bit-field.js';
import * as flow from './control-flow.js';
import * as memory from './memory-access.js';
import type { Site } from './site.js';
import { SLOT } from '../core-state.js';

type Translators = {
  readonly [Kind in Instruction['kind']]: (instruction: Extract<Instruction, { kind: Kind }>, site: Site, jump: flow.Jump) => string;
};

const TRANSLATORS: Translators = {
  logical,
  arithmetic,
  shift,
  multiply,
  divide,
  'pc-relative': pcRelative,
  'move-top': moveTop,
  extract,
  insert,
  extend,
  compute,
  long,
  load: memory.load,
  store: memory.store,
  'load-pair': memory.loadPair,
  'store-pair': memory.storePair,
  'load-multiple': memory.loadMultiple,
  'store-multiple': memory.storeMultiple,
  'load-exclusive': memory.loadExclusive,
  'store-exclusive': memory.storeExclusive,
  'clear-exclusive': () => `r[${SLOT.EXCLUSIVE}]=0;`,
  branch: flow.branch,
  'branch-link': flow.branchLink,
  'branch-register': flow.branchRegister,
  'compare-branch': flow.compareBranch,
  'table-branch': flow.tableBranch,
  // Its effect is the conditions of the instructions behind it.
  'if-then': () => '',
  nop: () => '',
  'wait-for-interrupt': (_instruction, site) => flow.waitForInterrupt(site),
  'change-state': flow.changeState,
  'read-special': flow.readSpecial,
  'write-special': flow.writeSpecial,
  'supervisor-call': (_instruction, site) => flow.supervisorCall(site),
  breakpoint: (_instruction, site) => flow.breakpoint(site),
  undefined: (_instruction, site) => flow.undefinedInstruction(site),
  'no-coprocessor': (_instruction, site) => flow.noCoprocessor(site),
  unpredictable: (_instruction, site) => flow.unpredictable(site),
};

export function translateInstruction(instruction: Instruction, site: Site, jump: flow.Jump): string {
  const translate = TRANSLATORS[instruction.kind] as (instruction: Instruction, site: Site, jump: flow.Jump) => string;
  return translate(instruction, site, jump);
}
