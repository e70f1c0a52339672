/**
 * The flash of a virtual board kept in a file: a raw image of all banks in address order. A file of another size is another board's
 * and is never touched.
 */
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { StageFlashError } from '../errors.js';
import type { Chip } from './chip/chip.js';

/** Loads the file into the chip; creates it blank where there is none. @throws StageFlashError kind `usage` */
export function loadFlashFile(path: string, chip: Chip): void {
  if (!existsSync(path)) {
    saveFlashFile(path, chip);
    return;
  }
  const expected = chip.part.flashSizeKiB * 1024;
  const { size } = statSync(path);
  if (size !== expected) {
    throw new StageFlashError('usage', `${path} has ${size} bytes; the flash of ${chip.part.name} has ${expected}`, {
      hint: 'Choose the part that the file was made with, or another file.',
    });
  }
  chip.flash.load(readFileSync(path));
}

/** Writes the whole flash. An interrupted write leaves the old file. @throws StageFlashError kind `usage` */
export function saveFlashFile(path: string, chip: Chip): void {
  const partial = `${path}.part`;
  try {
    writeFileSync(partial, chip.flash.snapshot());
    renameSync(partial, path);
  } catch (error) {
    throw new StageFlashError('usage', `cannot write the flash file ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
