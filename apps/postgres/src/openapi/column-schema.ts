import { DEFAULT_FUNCTIONS } from '../ddl/default-value.ts';
import { limitsOf, within } from './column-limits.ts';
import type { Column } from '../schema-cache/schema.ts';

// What JSON holds of a column, as JSON Schema says it.

export type Schema = Readonly<Record<string, unknown>>;

const TEXT = { type: 'string' };
const moment = (format: string, example: string): Schema => ({ type: 'string', format, examples: [example] });

/** By the name of the type. What is not here is text in JSON, as Postgres writes it. */
const TYPES: Readonly<Record<string, Schema>> = {
  smallint: { type: 'integer', format: 'int16', examples: [1] },
  integer: { type: 'integer', format: 'int32', examples: [1] },
  bigint: { type: 'integer', format: 'int64', examples: [1] },
  oid: { type: 'integer', examples: [1] },
  numeric: { type: 'number', examples: [12.5] },
  real: { type: 'number', format: 'float', examples: [12.5] },
  'double precision': { type: 'number', format: 'double', examples: [12.5] },
  boolean: { type: 'boolean', examples: [true] },
  uuid: moment('uuid', '5f0c954e-4d0b-4d0f-9a9e-2d6f4a7f7c11'),
  date: moment('date', '2026-01-15'),
  'timestamp with time zone': moment('date-time', '2026-01-15T10:00:00+00:00'),
  'timestamp without time zone': { type: 'string', examples: ['2026-01-15T10:00:00'] },
  json: { examples: [{}] },
  jsonb: { examples: [{}] },
};

/** Of a parameter or a result, of which no more is known than the type's name; of a type of the workspace itself nothing. */
export function schemaOfType(type: string): Schema {
  if (type.endsWith('[]')) return { type: 'array', items: nullable(schemaOfType(type.slice(0, -2))) };
  if (type === 'record') return { type: 'object', additionalProperties: true, examples: [{}] };
  return TYPES[type] ?? (type.includes('.') ? { examples: ['text'] } : { ...TEXT, examples: ['text'] });
}

function elementOf({ baseType, category, enumValues }: Column): Schema {
  if (enumValues) return { type: 'string', enum: [...enumValues] };
  if (category === 'composite') return { type: 'object', additionalProperties: true };
  return TYPES[baseType] ?? { ...TEXT, examples: ['text'] };
}

/** `character varying(13)` has at most so many. */
function lengthOf({ type }: Column): Schema {
  const [, length] = /^character(?: varying)?\((\d+)\)$/.exec(type) ?? [];
  return length === undefined ? {} : { maxLength: Number(length) };
}

export function nullable(schema: Schema): Schema {
  const { type, enum: values } = schema;
  if (type === undefined) return schema;
  return { ...schema, type: [type, 'null'], ...(Array.isArray(values) && { enum: [...values, null] }) };
}

/** The constant that Postgres writes as `'open'::text`, `12.5` or `true`, if JSON has it just so. */
function constantOf({ default: written = '', category, enumValues }: Column): unknown {
  const [, quoted] = /^'((?:[^']|'')*)'::[^']+$/.exec(written) ?? [];
  const text = quoted?.replaceAll("''", "'") ?? written;
  if (category === 'boolean' && ['true', 'false'].includes(text)) return text === 'true';
  if (category === 'number' && /^\(?-?\d{1,15}(?:\.\d+)?\)?$/.test(text))
    return Number(text.replace(/[()]/g, ''));
  if (quoted === undefined) return undefined;
  return category === 'text' || category === 'time' || enumValues ? text : undefined;
}

/** Calls that are named are Postgres' own: what a workspace calls besides is its own affair. */
function defaultOf(column: Column): { schema: Schema; told: string | undefined } {
  const constant = column.category === 'array' ? undefined : constantOf(column);
  const called = DEFAULT_FUNCTIONS.find((name) => name === column.default?.toLowerCase());
  return {
    schema: constant === undefined ? {} : { default: constant },
    told: called && `Where it is not given: \`${called}\`.`,
  };
}

/** `notes`: what is to be said of it beside its comment. */
export function columnSchema(column: Column, notes: readonly string[]): Schema {
  const element = { ...elementOf(column), ...lengthOf(column) };
  const whole = column.category === 'array' ? { type: 'array', items: nullable(element) } : element;
  const schema = within(whole, limitsOf(column));
  const { schema: withDefault, told } = defaultOf(column);
  const description = [column.comment, `\`${column.type}\`. ${told ?? ''}`.trim(), ...notes]
    .filter((part) => part !== undefined)
    .join('\n\n');
  return {
    ...(column.isNullable ? nullable(schema) : schema),
    ...withDefault,
    ...(column.isGenerated && { readOnly: true }),
    description,
  };
}

interface Exemplary extends Schema {
  examples?: readonly unknown[];
  default?: unknown;
  enum?: readonly unknown[];
  items?: Exemplary;
}

/** A value that fits. */
export function exampleOf({ default: constant, examples, enum: values, items }: Exemplary): unknown {
  if (items) return [exampleOf(items)];
  return constant ?? examples?.[0] ?? values?.[0] ?? {};
}
