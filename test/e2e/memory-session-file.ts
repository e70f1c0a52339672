/** A session file that lives as long as the test. */
import { WIRE_VERSION } from '../../host/protocol/wire.js';
import type { SavedSession, SessionFile } from '../../host/session/session-file.js';

export function memorySessionFile(): SessionFile {
  let saved: SavedSession | undefined;
  return { load: () => saved, save: (session) => void (saved = { wireVersion: WIRE_VERSION, ...session }), remove: () => void (saved = undefined) };
}
