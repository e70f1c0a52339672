import { expect, test } from 'vitest';
import { buildPlan } from '../../host/plan/build-plan.js';
import { describePlan, describeSectors } from '../../host/plan/describe-plan.js';
import { image, part, run } from './images.js';

const H743 = part('STM32H743xI');
const wanted = image(run(0x0800_0000, 0x40000), run(0x0810_0000, 1000));
const everything = buildPlan(wanted, H743, { sectorDigests: undefined });
const rightButLast = everything.sectors.map(({ digest }) => digest);
const digests = Array.from({ length: 16 }, (_, number) => rightButLast[number] ?? 0);

test('a plan that writes everything names what it erases, and what that costs', () => {
  expect(describeSectors(everything).join('\n')).toMatchInlineSnapshot(`
    "To be erased and written: 3 of 3 sectors, 0x08000000-0x0803FFFF, 0x08100000-0x0811FFFF.
    130072 bytes of these sectors are not part of the image and will be erased."
  `);
  expect(describePlan(everything)).toMatchInlineSnapshot(`
    "sector      what happens   bytes  flash s
    0x08000000  erase, write  131040      1.4
    0x08020000  erase, write  131072      1.4
    0x08100000  erase, write    1024      1.0"
  `);
});

test('a plan that skips says what stays', () => {
  const plan = buildPlan(wanted, H743, { sectorDigests: digests });
  expect(describePlan(plan)).toMatchInlineSnapshot(`
    "sector      what happens             bytes  flash s
    0x08000000  erase, restore from RAM      0      1.4
    0x08020000  right already                0      0.0
    0x08100000  erase, write              1024      1.0"
  `);
});

test('a plan with nothing to do says so', () => {
  const right = Array.from({ length: 16 }, (_, number) => everything.sectors.find(({ sector }) => sector.number === number)?.digest ?? 0);
  expect(describeSectors(buildPlan(wanted, H743, { sectorDigests: right }))).toEqual(['All 3 sectors of the image are right already.']);
});
