import { validationError } from '@plinth/contracts';
import type { z } from 'zod';

// camelCase to snake_case and back by the schema's own keys: what users put into a record or a JSON value is theirs and
// stays as they wrote it. Compiled once per route.

export const toSnake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

type Recase = (value: unknown) => unknown;
type Direction = (name: string) => string;

const asIs: Recase = (value) => value;

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function objectShapes(schema: z.core.$ZodType): Record<string, z.core.$ZodType>[] {
  const inner = unwrap(schema);
  const def = (inner as z.core.$ZodTypes)._zod.def;
  if (def.type === 'object') return [def.shape];
  if (def.type === 'union') return def.options.flatMap((option) => objectShapes(option));
  return [];
}

/** The schema inside optional, nullable, default and the like. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return unwrap(def.innerType);
    case 'pipe':
      // z.preprocess() begins with a transform, which has no fields to name.
      return unwrap((def.in as z.core.$ZodTypes)._zod.def.type === 'transform' ? def.out : def.in);
    case 'lazy':
      return unwrap(def.getter());
    default:
      return schema;
  }
}

// One spelling a dialect: were both taken, one field could be given twice.
const misspelt = (key: string, spelling: string) =>
  validationError([
    { path: key, code: 'unknown_field', message: `is not a known field; here it is ${spelling}` },
  ]);

/** The elements of all arrays among the schemas. */
function elementsOf(schemas: readonly z.core.$ZodType[]): z.core.$ZodType[] {
  return schemas.flatMap((schema) => {
    const { def } = (unwrap(schema) as z.core.$ZodTypes)._zod;
    return def.type === 'array' ? [def.element] : [];
  });
}

/** `schemas`: several where the options of a union name one field each in their own way. */
function compile(
  schemas: readonly z.core.$ZodType[],
  fromSchemaKey: Direction,
  toOutputKey: Direction,
): Recase {
  const elements = elementsOf(schemas);
  if (elements.length > 0) {
    const each = compile(elements, fromSchemaKey, toOutputKey);
    return (value) => (Array.isArray(value) ? value.map(each) : value);
  }
  const named = schemas.flatMap(objectShapes).flatMap((shape) => Object.entries(shape));
  if (named.length === 0) return asIs;

  const fields = new Map<string, readonly [name: string, recase: Recase]>();
  for (const [key, all] of Map.groupBy(named, ([name]) => name)) {
    const recase = compile(
      all.map(([, field]) => field),
      fromSchemaKey,
      toOutputKey,
    );
    fields.set(fromSchemaKey(key), [toOutputKey(key), recase]);
  }
  const otherSpelling = new Map([...fields].map(([key, [name]]) => [name, key]));
  return (value) => {
    if (!isPlainObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const field = fields.get(key);
        if (field) return [field[0], field[1](item)];
        const spelling = otherSpelling.get(key);
        if (spelling) throw misspelt(key, spelling);
        return [key, item];
      }),
    );
  };
}

const same: Direction = (name) => name;

export interface Casing {
  /** From the wire to the procedure. */
  input: Recase;
  /** From the procedure to the wire. */
  output: Recase;
  /** A field's path, as the caller knows it. */
  path: (path: string) => string;
}

export const CAMEL: Casing = { input: asIs, output: asIs, path: (path) => path };

/** The names of all fields in a schema, however deep. */
function namesIn(schema: z.core.$ZodType, names = new Set<string>()): Set<string> {
  const def = (unwrap(schema) as z.core.$ZodTypes)._zod.def;
  if (def.type === 'array') namesIn(def.element, names);
  for (const shape of objectShapes(schema)) {
    for (const [key, field] of Object.entries(shape)) namesIn(field, names.add(key));
  }
  return names;
}

export function snakeCasing(input: z.core.$ZodType | undefined, output: z.core.$ZodType | undefined): Casing {
  const known = input ? namesIn(input) : new Set<string>();
  return {
    input: input ? compile([input], toSnake, same) : asIs,
    output: output ? compile([output], same, toSnake) : asIs,
    path: (path) =>
      path
        .split('.')
        .map((name) => (known.has(name) ? toSnake(name) : name))
        .join('.'),
  };
}
