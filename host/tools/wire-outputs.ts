/** wire.ts → what others read of it: the C header of the stub and the tables of PROTOCOL.md. Pure and reproducible: no date, no path. */
import { fixedBytes, offsetOf } from '../protocol/fields.js';
import {
  FRAME, LIMITS, LOADER_FRAME, LOADER_PATCH, MESSAGES, OPERATIONS, STARTER_HEADER, STATUS, STUB_HEADER, STUB_OPTIONS, ANY_TOKEN, WIRE_VERSION, type Field, type Message,
} from '../protocol/wire.js';

/** `windowBytes` → `WINDOW_BYTES`. */
function upperSnake(name: string): string {
  return name.replace('KiB', 'Kib').replace(/([a-z])([A-Z])/g, '$1_$2').replace(/([0-9])([A-Z])/g, '$1_$2').toUpperCase();
}

function hex(value: number, digits = 2): string {
  return `0x${value.toString(16).toUpperCase().padStart(digits, '0')}`;
}

/** `#define WIRE_<prefix>_<FIELD>_AT offset`, one line a field, then the bytes of the fixed part. */
function fieldDefines(prefix: string, fields: readonly Field[]): string[] {
  const defines = fields.map((field) => `#define WIRE_${prefix}_${upperSnake(field.name)}_AT ${offsetOf(fields, field.name)}u`);
  return [...defines, `#define WIRE_${prefix}_BYTES ${fixedBytes(fields)}u`];
}

/** The text of stub/wire.gen.h. */
export function wireHeader(): string {
  const lines = [
    '/* GENERATED from host/protocol/wire.ts by `make wire`; edit that. Offsets are bytes in the frame part named; little-endian. */',
    '#ifndef WIRE_GEN_H',
    '#define WIRE_GEN_H',
    '',
    `#define WIRE_VERSION ${WIRE_VERSION}u`,
    '',
    '/* Limits */',
    ...Object.entries(LIMITS).map(([name, limit]) => `#define WIRE_${upperSnake(name)} ${limit.value >= 0x10000 ? hex(limit.value, 8) : String(limit.value)}u /* ${limit.doc} */`),
    '',
    '/* Frame */',
    `#define WIRE_MAGIC ${hex(FRAME.magic, 4)}u`,
    `#define WIRE_SEVERAL_MASKS (1u << ${FRAME.severalMasksBit}) /* in the type */`,
    `#define WIRE_ANY_TOKEN ${ANY_TOKEN}u`,
    ...fieldDefines('HEADER', FRAME.header),
    ...fieldDefines('TRAILER', FRAME.trailer),
    '',
  ];
  for (const [name, message] of Object.entries(MESSAGES) as [string, Message][]) {
    lines.push(`/* ${message.doc} */`, `#define WIRE_TYPE_${upperSnake(name)} ${hex(message.id)}u`, ...fieldDefines(upperSnake(name), message.fields), '');
  }
  lines.push('/* Status */', ...Object.entries(STATUS).map(([name, status]) => `#define WIRE_STATUS_${upperSnake(name)} ${status.id}u /* ${status.doc} */`), '');
  lines.push('/* Operations of the stream */');
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    lines.push(`#define WIRE_OP_${upperSnake(name)} ${hex(operation.id)}u /* ${operation.doc} */`, `#define WIRE_OP_${upperSnake(name)}_BYTES ${1 + fixedBytes(operation.fields)}u`);
  }
  lines.push(
    '',
    '/* Loader */',
    `#define WIRE_LOADER_CALL (1u << ${LOADER_FRAME.callBit})`,
    `#define WIRE_LOADER_INCOMPLETE ${hex(LOADER_FRAME.incompleteAnswer, 8)}u`,
    `#define WIRE_LOADER_STARTED ${hex(LOADER_FRAME.startedAnswer, 8)}u`,
    ...Object.entries(LOADER_PATCH).map(([name, patch]) => `#define WIRE_LOADER_${upperSnake(name)}_AT ${patch.offset}u /* ${patch.doc} */`),
    ...Object.entries(STUB_HEADER).map(([name, part]) => `#define WIRE_STUB_${upperSnake(name)}_AT ${part.offset}u /* ${part.doc} */`),
    ...Object.entries(STARTER_HEADER).map(([name, part]) => `#define WIRE_STARTER_${upperSnake(name)}_AT ${part.offset}u /* ${part.doc} */`),
    ...Object.entries(STUB_OPTIONS).map(([name, option]) => `#define WIRE_OPTION_${upperSnake(name)} (1u << ${option.bit}) /* ${option.doc} */`),
    '',
    '#endif',
    '',
  );
  return lines.join('\n');
}

/** Of the loader's two words the second. */
const LOADER_ANSWERS = [
  ['base address of the USART', 'the greeting'],
  ['address of the chunk', 'it is stored'],
  [hex(LOADER_FRAME.incompleteAnswer, 8), 'what was called found something missing, and returned'],
  [hex(LOADER_FRAME.startedAnswer, 8), 'of the starter (§2.1): the program begins'],
] as const;

function fieldTable(fields: readonly Field[]): string[] {
  if (fields.length === 0) return ['No payload.'];
  return ['| offset | field | type | meaning |', '|--:|---|---|---|', ...fields.map((field) => `| ${offsetOf(fields, field.name)} | ${field.name} | ${field.type} | ${field.doc} |`)];
}

/** The tables that PROTOCOL.md carries between its markers, by name of the marker. */
export function protocolTables(): Readonly<Record<string, string>> {
  const messages = (Object.entries(MESSAGES) as [string, Message][]).flatMap(([name, message]) => [
    `#### ${name.toUpperCase()} ${hex(message.id)}, from the ${message.from}`, '', message.doc, '', ...fieldTable(message.fields), '',
  ]);
  return {
    frame: [...fieldTable(FRAME.header), '', `Then \`length\` bytes of payload, then:`, '', ...fieldTable(FRAME.trailer)].join('\n'),
    messages: messages.join('\n').trimEnd(),
    status: ['| status | name | meaning |', '|--:|---|---|', ...Object.entries(STATUS).map(([name, status]) => `| ${status.id} | ${name} | ${status.doc} |`)].join('\n'),
    operations: [
      '| code | operation | fields behind the code | meaning |', '|--:|---|---|---|',
      ...Object.entries(OPERATIONS).map(([name, operation]) => `| ${hex(operation.id)} | ${name.toUpperCase()} | ${operation.fields.map((field) => `${field.name} ${field.type}`).join(', ') || 'none'} | ${operation.doc} |`),
    ].join('\n'),
    loader: fieldTable(LOADER_FRAME.fields).join('\n'),
    header: [
      '| offset | word of the stub | meaning |', '|--:|---|---|',
      ...Object.entries(STUB_HEADER).map(([name, { offset, doc }]) => `| ${offset} | ${name} | ${doc} |`),
      '', '| bit | option | meaning |', '|--:|---|---|',
      ...Object.entries(STUB_OPTIONS).map(([name, { bit, doc }]) => `| ${bit} | ${name} | ${doc} |`),
    ].join('\n'),
    answers: [
      '| second word | answer |', '|---|---|',
      ...LOADER_ANSWERS.map(([word, meaning]) => `| ${word} | ${meaning} |`),
    ].join('\n'),
    starter: ['| offset | word of the starter | meaning |', '|--:|---|---|', ...Object.entries(STARTER_HEADER).map(([name, { offset, doc }]) => `| ${offset} | ${name} | ${doc} |`)].join('\n'),
    limits: ['| limit | value | meaning |', '|---|--:|---|', ...Object.entries(LIMITS).map(([name, limit]) => `| ${name} | ${limit.value >= 0x10000 ? hex(limit.value, 8) : limit.value} | ${limit.doc} |`)].join('\n'),
  };
}

/** `document` with the text between each `<!-- wire:NAME -->` and `<!-- wire:end -->` replaced. @throws when a marker is missing. */
export function withProtocolTables(document: string): string {
  return Object.entries(protocolTables()).reduce((text, [name, table]) => {
    const begin = `<!-- wire:${name} -->`;
    const from = text.indexOf(begin);
    const to = text.indexOf('<!-- wire:end -->', from);
    if (from < 0 || to < 0) throw new Error(`PROTOCOL.md lacks the markers of ${name}`);
    return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
  }, document);
}
