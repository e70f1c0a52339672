/** Our register tables against what ST's headers say of one chip. A name that the headers do not know fails, too. */
import { expect } from 'vitest';
import type { Field } from '../../../host/board/chip/register-access.js';
import { maskOf } from '../../../host/board/chip/register-access.js';
import type { HeaderChip } from '../../fixtures/vendor-registers.js';
import { vendor } from '../../fixtures/vendor-registers.js';

/** Our name → the header's, where they differ. */
export type Renamed = Readonly<Record<string, string>>;

export function expectOffsets(chip: HeaderChip, block: string, ours: Readonly<Record<string, number>>, renamed: Renamed = {}): void {
  const theirs = Object.fromEntries(Object.keys(ours).map((name) => [name, vendor.offset(chip, block, renamed[name] ?? name)]));
  expect(ours, `${chip} ${block}`).toEqual(theirs);
}

export function expectFields(chip: HeaderChip, prefix: string, ours: Readonly<Record<string, Field>>, renamed: Renamed = {}): void {
  const theirs = Object.fromEntries(Object.keys(ours).map((name) => [name, vendor.field(chip, `${prefix}_${renamed[name] ?? name}`)]));
  expect(ours, `${chip} ${prefix}`).toEqual(theirs);
}

export function expectMasks(chip: HeaderChip, prefix: string, ours: Readonly<Record<string, number>>, renamed: Renamed = {}): void {
  const theirs = Object.keys(ours).map((name) => {
    const field = vendor.field(chip, `${prefix}_${renamed[name] ?? name}`);
    return [name, field && maskOf(field)];
  });
  expect(Object.fromEntries(Object.entries(ours).map(([name, mask]) => [name, mask >>> 0])), `${chip} ${prefix}`).toEqual(Object.fromEntries(theirs));
}
