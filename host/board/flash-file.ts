/**
 * The flash of a virtual board kept in a file: a raw image of all banks in address order, and damaged flash words, if there are any, in
 * a file beside it. A file of another size is another board's and is never touched.
 */
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { StageFlashError, fileTrouble } from '../errors.js';
import type { Chip } from './chip/chip.js';
import { decodeDamage, encodeDamage } from './flash-damage-file.js';

const damagePath = (path: string): string => `${path}.damage`;

/** Loads the file into the chip; creates it blank where there is none. @throws StageFlashError kind `usage` */
export function loadFlashFile(path: string, chip: Chip): void {
  if (!existsSync(path)) {
    saveFlashFile(path, chip);
    return;
  }
  const expected = chip.part.flashSizeKiB * 1024;
  const facts = statSync(path);
  if (!facts.isFile()) throw new StageFlashError('usage', `the flash file ${path} is not a file`);
  const { size } = facts;
  if (size !== expected) {
    throw new StageFlashError('usage', `${path} has ${size} bytes; the flash of ${chip.part.name} has ${expected}`, {
      hint: 'Choose the part that the file was made with, or another file.',
    });
  }
  const image = readFileSync(path);
  chip.flash.load(image);
  if (existsSync(damagePath(path))) loadDamage(damagePath(path), image, chip);
}

function loadDamage(path: string, image: Uint8Array, chip: Chip): void {
  try {
    for (const [address, damage] of decodeDamage(image, readFileSync(path, 'utf8'))) chip.flash.restoreDamage(address, damage);
  } catch (error) {
    throw new StageFlashError('usage', `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'It tells which flash words a power cut has damaged; without it they read as what the flash file holds.',
      cause: error,
    });
  }
}

/** Writes the whole flash. An interrupted write leaves the old file. @throws StageFlashError kind `usage` */
export function saveFlashFile(path: string, chip: Chip): void {
  const image = chip.flash.snapshot();
  const { damage } = chip.flash;
  try {
    replaceFile(path, image);
    if (damage.size > 0) replaceFile(damagePath(path), encodeDamage(image, damage, chip.tick));
    else rmSync(damagePath(path), { force: true });
  } catch (error) {
    throw new StageFlashError('usage', `the flash file ${path} cannot be written: ${fileTrouble(error)}`, { hint: 'Name a file in a folder that exists and can be written.', cause: error });
  }
}

function replaceFile(path: string, content: Uint8Array | string): void {
  const partial = `${path}.part`;
  writeFileSync(partial, content);
  renameSync(partial, path);
}
