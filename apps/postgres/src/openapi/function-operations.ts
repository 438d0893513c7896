import { mayExecute } from '../schema-cache/rights.ts';
import type { DatabaseFunction, WorkspaceSchema } from '../schema-cache/schema.ts';
import { exampleOf, nullable, type Schema, schemaOfType } from './column-schema.ts';
import { componentName, schemaRef } from './component-name.ts';
import type { Reader } from './methods.ts';
import type { Template, Templates } from './templates.ts';

// What a caller can call. Functions of one name share a path: which of them is meant, the names of the arguments tell.

/** The name of what a row of a table is in the document, if that speaks of the table. */
export type RowSchemaOf = (table: string) => string | undefined;

export const FUNCTIONS_TAG = { name: '/rpc', description: 'Functions of the workspace.' };

const isReading = ({ volatility }: DatabaseFunction): boolean => volatility !== 'volatile';

/** One that takes any JSON has no names for it. */
function argumentsOf({ parameters }: DatabaseFunction): Schema {
  const named = parameters.filter(({ name }) => name !== '');
  if (named.length < parameters.length) return { examples: [{}] };
  const properties = Object.fromEntries(
    named.map(({ name, type }) => [name, { ...nullable(schemaOfType(type)), description: `\`${type}\`.` }]),
  );
  const required = named.filter(({ hasDefault }) => !hasDefault).map(({ name }) => name);
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

function resultOf({ returns }: DatabaseFunction, rowSchemaOf: RowSchemaOf): Schema {
  const row = returns.table === undefined ? undefined : rowSchemaOf(returns.table);
  const isRow = returns.kind === 'table' || returns.kind === 'rows';
  const one = row ? schemaRef(row) : schemaOfType(isRow ? 'record' : returns.type);
  return returns.isSet ? { type: 'array', items: one } : one;
}

const oneOrAny = (schemas: readonly Schema[]): Schema => {
  const [first = {}, ...others] = schemas;
  return others.length === 0 ? first : { anyOf: schemas };
};

function answerOf(
  { success }: Template,
  called: readonly DatabaseFunction[],
  rowSchemaOf: RowSchemaOf,
): Schema {
  const { content: _, ...answer } = success.answer;
  const answering = called.filter(({ returns }) => returns.kind !== 'void');
  const schema = oneOrAny(answering.map((one) => resultOf(one, rowSchemaOf)));
  const isSilent = called.some(({ returns }) => returns.kind === 'void');
  return {
    ...(answering.length > 0 && {
      [success.status]: { ...answer, content: { 'application/json': { schema } } },
    }),
    ...(isSilent && { 204: { ...answer, description: 'The function has run; it returns nothing' } }),
  };
}

const exampleArguments = (schema: Schema): unknown =>
  Object.fromEntries(
    Object.entries((schema.properties ?? {}) as Readonly<Record<string, Schema>>).map(([name, one]) => [
      name,
      exampleOf(one),
    ]),
  );

function bodyOf(called: readonly DatabaseFunction[]): Schema {
  const schemas = called.map(argumentsOf);
  const [first = {}] = schemas;
  const isRequired = called.every(({ parameters }) => parameters.some(({ hasDefault }) => !hasDefault));
  return {
    required: isRequired,
    content: { 'application/json': { schema: oneOrAny(schemas), example: exampleArguments(first) } },
  };
}

function queryOf(called: readonly DatabaseFunction[]): Schema[] {
  const types = new Map<string, string>();
  for (const { parameters } of called)
    for (const { name, type } of parameters) if (name !== '') types.set(name, type);
  return [...types].map(([name, type]) => ({
    name,
    in: 'query',
    required: false,
    description: `An argument: \`${type}\`.`,
    schema: { type: 'string' },
  }));
}

function describeFunction(
  name: string,
  all: readonly DatabaseFunction[],
  { permissions }: Reader,
  rowSchemaOf: RowSchemaOf,
  templates: Templates,
): Schema {
  const operation = (method: 'get' | 'post', called: readonly DatabaseFunction[]): Schema => {
    const template = templates.of('rpc', method);
    const names = new Set(method === 'get' ? queryOf(called).map((parameter) => parameter.name) : []);
    const comments = called.flatMap(({ comment }) => comment ?? []);
    return {
      ...template.rest,
      operationId: `${method === 'get' ? 'read' : 'call'}.${componentName(name)}`,
      tags: [FUNCTIONS_TAG.name],
      summary: `Call ${name}`,
      description: [...comments, template.description].join('\n\n'),
      parameters: [
        ...(method === 'get' ? queryOf(called) : []),
        ...Object.entries(template.parameters)
          .filter(([shared]) => !names.has(shared))
          .map(([, parameter]) => parameter),
      ],
      ...(method === 'post' && { requestBody: bodyOf(called) }),
      responses: { ...answerOf(template, called, rowSchemaOf), ...template.failures },
    };
  };
  const reading = all.filter(isReading);
  return {
    ...(permissions.has('rows:read') && reading.length > 0 && { get: operation('get', reading) }),
    ...(permissions.has('rows:write') && { post: operation('post', all) }),
  };
}

/** By path. */
export function describeFunctions(
  { functions }: WorkspaceSchema,
  reader: Reader,
  rowSchemaOf: RowSchemaOf,
  templates: Templates,
): Record<string, Schema> {
  const paths = [...functions].map(([name, all]): [string, Schema] => {
    const called = all.filter((one) => mayExecute(one, reader.standing));
    if (called.length === 0) return [name, {}];
    return [
      `/rpc/${encodeURIComponent(name)}`,
      describeFunction(name, called, reader, rowSchemaOf, templates),
    ];
  });
  return Object.fromEntries(paths.filter(([, item]) => Object.keys(item).length > 0));
}
