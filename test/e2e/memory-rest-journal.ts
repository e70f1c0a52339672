/** A journal of rests that lives as long as the test. */
import type { RestJournal, SectorOnDisk } from '../../host/session/rest-journal.js';

export function memoryRestJournal(): RestJournal {
  const saved = new Map<string, readonly SectorOnDisk[]>();
  return { load: (chip) => saved.get(chip) ?? [], save: (chip, sectors) => void saved.set(chip, sectors) };
}
