/** `make wire`: writes what wire-outputs.ts makes of the wire into the tree. */
import { readFileSync, writeFileSync } from 'node:fs';
import { wireHeader, withProtocolTables } from './wire-outputs.js';

const root = new URL('../../', import.meta.url);
const protocolDocument = new URL('PROTOCOL.md', root);

writeFileSync(new URL('stub/wire.gen.h', root), wireHeader());
writeFileSync(protocolDocument, withProtocolTables(readFileSync(protocolDocument, 'utf8')));
