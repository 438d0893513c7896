import type { Column } from '../schema-cache/schema.ts';
import type { Schema } from './column-schema.ts';

// What the checks of a column come to in JSON Schema. A check is known as the SQL that Postgres writes it as, whoever made it; what
// is not one of a few plain comparisons, joined by AND, is not told.

type Limits = Record<string, unknown>;

interface Read {
  /** With `@` for the column and `$0` for a constant, and no spelling left. */
  text: string;
  constants: readonly string[];
}

const QUOTED = /'((?:[^']|'')*)'(?:::[a-z]+(?: [a-z]+)*)?|"(?:[^"]|"")+"/g;

function readOf(sql: string, name: string): Read {
  const constants: string[] = [];
  const text = sql.replace(QUOTED, (whole, constant: string | undefined) => {
    if (constant === undefined) return whole === `"${name.replaceAll('"', '""')}"` ? '@' : '?';
    constants.push(constant.replaceAll("''", "'"));
    return `$${constants.length - 1}`;
  });
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name);
  return { text: isPlain ? text.replace(new RegExp(`\\b${name}\\b`, 'g'), '@') : text, constants };
}

/** Where the parenthesis that opens at the beginning is closed. */
function closing(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth += 1;
    if (text[i] === ')') depth -= 1;
    if (depth === 0) return i;
  }
  return -1;
}

/** What all have to hold: `((a) AND (b))`, as deep as it goes. */
function conjuncts(text: string): string[] {
  if (!text.startsWith('(')) return [text];
  const end = closing(text);
  if (end === text.length - 1) return conjuncts(text.slice(1, -1));
  const rest = text.slice(end + 1);
  if (!rest.startsWith(' AND ')) return [text];
  const first = text.slice(0, end + 1);
  return [...conjuncts(first), ...conjuncts(rest.slice(' AND '.length))];
}

const SUBJECT = String.raw`(?:@|\(@\)::(?:text|numeric|double precision|bigint|integer))`;
const COMPARED = new RegExp(`^${SUBJECT} (>=|>|<=|<|=) (-?[\\d.]+|\\$\\d+)$`);
const LISTED = new RegExp(
  `^${SUBJECT} = ANY \\(+ARRAY\\[((?:\\$?[\\d.]+(?:, )?)+)\\]\\)+(?:::text\\[\\]\\))?$`,
);
const MEASURED = new RegExp(`^(?:char_length|cardinality)\\(${SUBJECT}\\) (>=|>|<=|<) (\\d+)$`);
const TRIMMED = new RegExp(`^btrim\\(${SUBJECT}\\) <> (\\$\\d+)$`);

const BOUNDS: Readonly<Record<string, string>> = {
  '>=': 'minimum',
  '>': 'exclusiveMinimum',
  '<=': 'maximum',
  '<': 'exclusiveMaximum',
};

function valuesOf(written: readonly string[], { category }: Column, constants: readonly string[]): unknown[] {
  const texts = written.map((one) => (one.startsWith('$') ? (constants[Number(one.slice(1))] ?? '') : one));
  if (category === 'text') return texts;
  const numbers = category === 'number' ? texts.map(Number) : [];
  return numbers.every(Number.isFinite) ? numbers : [];
}

function lengthOf({ category }: Column, by: string, count: number): Limits {
  const [least, most] = category === 'array' ? ['minItems', 'maxItems'] : ['minLength', 'maxLength'];
  if (by.startsWith('>')) return { [least]: count + (by === '>' ? 1 : 0) };
  return { [most]: count - (by === '<' ? 1 : 0) };
}

function limitsIn(part: string, column: Column, constants: readonly string[]): Limits {
  const [, by = '', side = ''] = COMPARED.exec(part) ?? [];
  const [value] = valuesOf([side], column, constants);
  if (by === '=' && value !== undefined) return { enum: [value] };
  if (by !== '' && typeof value === 'number') return { [BOUNDS[by] ?? '']: value };
  const [, list] = LISTED.exec(part) ?? [];
  const listed = list === undefined ? [] : valuesOf(list.split(', '), column, constants);
  if (listed.length > 0) return { enum: listed };
  const [, than, count] = MEASURED.exec(part) ?? [];
  if (than !== undefined) return lengthOf(column, than, Number(count));
  const [, empty] = TRIMMED.exec(part) ?? [];
  return empty !== undefined && valuesOf([empty], column, constants)[0] === '' ? { minLength: 1 } : {};
}

export function limitsOf(column: Column): Schema {
  const limits: Limits = {};
  for (const check of column.checks) {
    const { text, constants } = readOf(check, column.name);
    for (const part of conjuncts(text)) Object.assign(limits, limitsIn(part, column, constants));
  }
  return limits;
}

interface Limited {
  enum?: readonly unknown[];
  examples?: readonly unknown[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
}

function fitting(example: unknown, limits: Limited): unknown {
  const { minLength = 0, maxLength, minimum, exclusiveMinimum, maximum, exclusiveMaximum } = limits;
  if (typeof example === 'string') return example.padEnd(minLength, 'x').slice(0, maxLength);
  if (typeof example !== 'number') return example;
  const least = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + 1);
  const most = maximum ?? (exclusiveMaximum === undefined ? undefined : exclusiveMaximum - 1);
  return Math.min(Math.max(example, least ?? example), most ?? Number.POSITIVE_INFINITY);
}

/** A schema within limits, with examples that are so too. */
export function within(schema: Schema & Limited, limits: Schema & Limited): Schema {
  const { examples, ...rest } = schema;
  if (limits.enum || !examples) return { ...rest, ...limits };
  return { ...rest, ...limits, examples: examples.map((example) => fitting(example, limits)) };
}
