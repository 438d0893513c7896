import type { ErrorDetails } from '@plinth/contracts';
import type { OpenAPIObject } from 'trpc-to-openapi';
import type { Fields } from './version-change.ts';
import { operationIdOf } from '../openapi/operation-id.ts';

// A renamed field. Names are swapped, not just replaced: whoever uses the name of the other version gives a field that this
// one does not know, and is told so by the name that was given.

export interface Renaming {
  older: string;
  newer: string;
}

export interface DocumentPlaces {
  /** Procedures, as `workspace.create`. */
  operations: readonly string[];
  /** Components that show the field. */
  schemas: readonly string[];
}

function isObject(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** What a list holds, or the one thing that was answered. */
export function eachResource(answer: unknown, change: (resource: Fields) => Fields): unknown {
  if (!isObject(answer)) return answer;
  if (!Array.isArray(answer.data) || !('pagination' in answer)) return change(answer);
  return { ...answer, data: answer.data.map((item) => (isObject(item) ? change(item) : item)) };
}

export function renamedField({ older, newer }: Renaming) {
  const swapped = new Map([
    [older, newer],
    [newer, older],
  ]);
  const rename = (name: string): string => swapped.get(name) ?? name;

  const renameKeys = (fields: Fields): Fields =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [rename(name), value]));

  /** Each bad field by the name that the caller knows. */
  function renamePaths(details: ErrorDetails): ErrorDetails {
    if (!Array.isArray(details.fields)) return details;
    const fields = details.fields.map((field) => {
      const [first = '', ...rest] = String(field.path).split('.');
      return { ...field, path: [rename(first), ...rest].join('.') };
    });
    return { ...details, fields };
  }

  /** Schemas, parameters and examples, however deep. */
  function renameWithin(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(renameWithin);
    if (!isObject(value)) return value;
    const isParameter = 'in' in value && typeof value.name === 'string';
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        if (key === 'properties' && isObject(item)) return [key, mapValues(renameKeys(item), renameWithin)];
        if (key === 'required' && Array.isArray(item)) return [key, item.map((name) => rename(String(name)))];
        if (key === 'name' && isParameter) return [key, rename(String(item))];
        if (EXAMPLES.has(key)) return [key, renameInExample(item)];
        return [key, renameWithin(item)];
      }),
    );
  }

  function renameInExample(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(renameInExample);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(renameKeys(value)).map(([key, item]) => [key, renameInExample(item)]),
    );
  }

  function renameInDocument(document: OpenAPIObject, { operations, schemas }: DocumentPlaces): OpenAPIObject {
    const ids = new Set(operations.map((path) => operationIdOf(path, 'platform')));
    const { paths = {}, components = {} } = document;
    const renamedOperation = (member: unknown) =>
      isObject(member) && ids.has(String(member.operationId)) ? renameWithin(member) : member;
    return {
      ...document,
      paths: mapValues(paths, (item) => (isObject(item) ? mapValues(item, renamedOperation) : item)),
      components: {
        ...components,
        schemas: mapValues(components.schemas ?? {}, (schema, name) =>
          schemas.includes(name) ? renameWithin(schema) : schema,
        ),
      },
    } as OpenAPIObject;
  }

  return { renameKeys, renamePaths, renameInDocument };
}

/** Data, whose keys are not those of a schema. */
const EXAMPLES = new Set(['example', 'examples', 'default']);

const mapValues = (from: object, map: (value: unknown, key: string) => unknown): object =>
  Object.fromEntries(Object.entries(from).map(([key, value]) => [key, map(value, key)]));
