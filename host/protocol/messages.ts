/** What host and stub say to each other: typed messages ⇄ frames. */
import { encodeFields, decodeFields, type Values } from './fields.js';
import { encodeFrame, type Frame } from './frame.js';
import type { Masks } from './masks.js';
import { MESSAGES } from './wire.js';

export type MessageName = keyof typeof MESSAGES;
export type MessageValues<Name extends MessageName> = Values<(typeof MESSAGES)[Name]['fields']>;

/** A message as it came in: its name, the header's `offset` field, its fields. */
export type Received = { [Name in MessageName]: { readonly name: Name; readonly offset: number; readonly values: MessageValues<Name> } }[MessageName];

const NAME_OF_ID: ReadonlyMap<number, MessageName> = new Map(
  Object.entries(MESSAGES).map(([name, message]) => [message.id, name as MessageName]),
);

/** A message as one frame, ready for the link. */
export function encodeMessage<Name extends MessageName>(name: Name, token: number, offset: number, values: MessageValues<Name>, masks: Masks = 'one'): Uint8Array {
  const payload = encodeFields(MESSAGES[name].fields, values as never);
  return encodeFrame({ type: MESSAGES[name].id, token, offset, payload }, masks);
}

/** The message in a frame; undefined when the type is unknown or the payload does not fit it. */
export function decodeMessage(frame: Frame): Received | undefined {
  const name = NAME_OF_ID.get(frame.type);
  if (name === undefined) return undefined;
  const values = decodeFields(MESSAGES[name].fields, frame.payload);
  return values === undefined ? undefined : ({ name, offset: frame.offset, values } as Received);
}
