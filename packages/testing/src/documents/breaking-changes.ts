import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject, listIn, objectIn, resolve } from './json.ts';
import { type Direction, schemaChanges } from './schema-changes.ts';

// What in a document would break those who use the one before: GitHub's nine kinds. Everything else is an addition, a new
// value of an answer's enum too: clients are told to take what they do not know for something new.

export const BREAKING_KINDS = [
  'operation removed',
  'parameter removed',
  'answer field removed',
  'required parameter added',
  'parameter became required',
  'type changed',
  'value removed',
  'rule added',
  'authentication changed',
] as const;
export type BreakingKind = (typeof BREAKING_KINDS)[number];

export interface BreakingChange {
  kind: BreakingKind;
  /** The operation and the place in it. */
  where: string;
}

/** Any one of them is enough; where there are none, none is needed. */
const credentialsOf = (security: unknown): unknown[] => (Array.isArray(security) ? security : []);

function isStillEnough(before: unknown[] = [], now: unknown[] = []): boolean {
  if (now.length === 0) return true;
  return before.length > 0 && before.every((one) => now.some((other) => isDeepStrictEqual(one, other)));
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** Fields of a body are parameters as well. */
export function breakingChanges(before: JsonObject, after: JsonObject): BreakingChange[] {
  const found: BreakingChange[] = [];
  const add = (kind: BreakingKind, where: string) => void found.push({ kind, where });

  for (const [path, item] of Object.entries(objectIn(before, 'paths'))) {
    for (const method of METHODS.filter((name) => name in (isObject(item) ? item : {}))) {
      const name = `${method.toUpperCase()} ${path}`;
      const now = objectIn(objectIn(after, 'paths'), path);
      if (method in now) compareOperation(name, objectIn(item, method), objectIn(now, method));
      else add('operation removed', name);
    }
  }
  return found;

  function compareOperation(name: string, was: JsonObject, is: JsonObject): void {
    const [taken, takenNow] = [was.security ?? before.security, is.security ?? after.security].map(
      credentialsOf,
    );
    if (!isStillEnough(taken, takenNow)) add('authentication changed', name);
    compareParameters(name, parametersOf(before, was), parametersOf(after, is));
    compareBody(name, resolve(before, was.requestBody), resolve(after, is.requestBody));
    for (const [status, answer] of Object.entries(objectIn(was, 'responses'))) {
      const now = objectIn(is, 'responses')[status];
      if (now !== undefined) compareAnswer(`${name} ${status}`, resolve(before, answer), resolve(after, now));
      else if (status.startsWith('2')) add('answer field removed', `${name} ${status}`);
    }
  }

  function compareParameters(name: string, was: Map<string, JsonObject>, is: Map<string, JsonObject>): void {
    for (const [key, parameter] of was) {
      const now = is.get(key);
      const where = `${name} ${key}`;
      if (!now) add('parameter removed', where);
      else {
        if (now.required === true && parameter.required !== true) add('parameter became required', where);
        compareSchemas('request', where, parameter.schema, now.schema);
      }
    }
    for (const [key, parameter] of is) {
      if (!was.has(key) && parameter.required === true) add('required parameter added', `${name} ${key}`);
    }
  }

  function compareBody(name: string, was: JsonObject, is: JsonObject): void {
    const where = `${name} body`;
    if (is.required === true && was.required !== true)
      add('content' in was ? 'parameter became required' : 'required parameter added', where);
    compareContent('request', where, objectIn(was, 'content'), objectIn(is, 'content'));
  }

  function compareAnswer(where: string, was: JsonObject, is: JsonObject): void {
    for (const header of Object.keys(objectIn(was, 'headers'))) {
      if (!(header in objectIn(is, 'headers'))) add('answer field removed', `${where} ${header}`);
    }
    compareContent('answer', where, objectIn(was, 'content'), objectIn(is, 'content'));
  }

  function compareContent(direction: Direction, where: string, was: JsonObject, is: JsonObject): void {
    for (const [type, media] of Object.entries(was)) {
      if (type in is)
        compareSchemas(direction, where, objectIn(media, 'schema'), objectIn(is[type], 'schema'));
      else add('type changed', `${where} ${type}`);
    }
  }

  function compareSchemas(direction: Direction, where: string, was: unknown, is: unknown): void {
    found.push(
      ...schemaChanges(direction, where, { document: before, schema: was }, { document: after, schema: is }),
    );
  }
}

function parametersOf(document: JsonObject, operation: JsonObject): Map<string, JsonObject> {
  return new Map(
    listIn(operation, 'parameters').map((given) => {
      const parameter = resolve(document, given);
      const name = String(parameter.name);
      return [`${parameter.in} ${parameter.in === 'header' ? name.toLowerCase() : name}`, parameter] as const;
    }),
  );
}

/** For whoever made them: what it is, and what to do. */
export function explainBreakingChanges(version: string, changes: readonly BreakingChange[]): string {
  return [
    `The document of ${version} is published, and this would break who uses it:`,
    ...changes.map(({ kind, where }) => `  ${kind}: ${where}`),
    'Give the change a new date: add it to API_VERSIONS, and write its module in versions/ of the service, through which',
    `older dates pass. Only if nobody has ${version} yet, or if it was so and the document did not say: delete`,
    `openapi/${version}.json and run \`npm run documents\`.`,
  ].join('\n');
}
