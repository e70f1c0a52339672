/** Packs and unpacks the field lists of wire.ts. The types follow from the lists, so the host cannot drift from the wire. */
import { FIELD_BYTES, type Field } from './wire.js';

type FieldValue<Type extends Field['type']> = Type extends 'bytes' ? Uint8Array : Type extends 'u32s' ? readonly number[] : number;

/** The values of a field list, by name. */
export type Values<Fields extends readonly Field[]> = { readonly [F in Fields[number] as F['name']]: FieldValue<F['type']> };

/** Bytes of a field whatever it carries; undefined when that depends. */
function fixedFieldBytes(field: Field): number | undefined {
  return field.type === 'bytes' || field.type === 'u32s' ? field.lengthBytes : FIELD_BYTES[field.type];
}

/** Bytes of a field when it carries `value`. */
function fieldBytes(field: Field, value: unknown): number {
  if (field.type === 'bytes') return (value as Uint8Array).length;
  if (field.type === 'u32s') return (value as readonly number[]).length * 4;
  return FIELD_BYTES[field.type];
}

/** Offset of a named field in a list whose fields before it are all of fixed size. */
export function offsetOf(fields: readonly Field[], name: string): number {
  let offset = 0;
  for (const field of fields) {
    if (field.name === name) return offset;
    const bytes = fixedFieldBytes(field);
    if (bytes === undefined) break;
    offset += bytes;
  }
  throw new Error(`no fixed offset for field ${name}`);
}

/** Bytes of the fields of fixed size: the least that a message can have. */
export function fixedBytes(fields: readonly Field[]): number {
  return fields.reduce((sum, field) => sum + (fixedFieldBytes(field) ?? 0), 0);
}

/** Field values → bytes, little-endian, back to back. */
export function encodeFields<const Fields extends readonly Field[]>(fields: Fields, values: Values<Fields>): Uint8Array {
  const valueOf = (field: Field): unknown => (values as Record<string, unknown>)[field.name];
  const bytes = new Uint8Array(fields.reduce((sum, field) => sum + fieldBytes(field, valueOf(field)), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const field of fields) {
    const value = valueOf(field);
    if (field.type === 'u8') view.setUint8(at, value as number);
    else if (field.type === 'u16') view.setUint16(at, value as number, true);
    else if (field.type === 'u32') view.setUint32(at, value as number, true);
    else if (field.type === 'bytes') bytes.set(value as Uint8Array, at);
    else (value as readonly number[]).forEach((word, index) => { view.setUint32(at + 4 * index, word, true); });
    at += fieldBytes(field, value);
  }
  return bytes;
}

/** Bytes → field values; undefined when they are too few, or not whole words where words are due. */
export function decodeFields<const Fields extends readonly Field[]>(fields: Fields, bytes: Uint8Array): Values<Fields> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: Record<string, number | Uint8Array | readonly number[]> = {};
  let at = 0;
  for (const field of fields) {
    if (field.type === 'bytes') {
      const end = at + (field.lengthBytes ?? bytes.length - at);
      if (end > bytes.length) return undefined;
      values[field.name] = bytes.slice(at, end);
      at = end;
    } else if (field.type === 'u32s') {
      if ((bytes.length - at) % 4 !== 0) return undefined;
      values[field.name] = Array.from({ length: (bytes.length - at) / 4 }, (_, index) => view.getUint32(at + 4 * index, true));
      at = bytes.length;
    } else {
      const end = at + FIELD_BYTES[field.type];
      if (end > bytes.length) return undefined;
      values[field.name] = field.type === 'u8' ? view.getUint8(at) : field.type === 'u16' ? view.getUint16(at, true) : view.getUint32(at, true);
      at = end;
    }
  }
  return at === bytes.length ? (values as Values<Fields>) : undefined;
}
