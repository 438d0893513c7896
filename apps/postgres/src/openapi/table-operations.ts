import { isPlainName } from '../request/name.ts';
import { isParameterWord } from '../request/parameter-name.ts';
import type { Column, Table } from '../schema-cache/schema.ts';
import type { Schema } from './column-schema.ts';
import { componentName, parameterRef, schemaRef } from './component-name.ts';
import { methodsFor, type Reader } from './methods.ts';
import { type Known, type RowSchemas, rowSchemas } from './row-schemas.ts';
import type { Method, Template, Templates } from './templates.ts';

// What a caller can do to one table: the operations of the platform's document, with the columns of the table in them.

export interface Described {
  paths: Record<string, Schema>;
  schemas: Record<string, Schema>;
  parameters: Record<string, Schema>;
}

const VERBS: Readonly<Record<Method, { id: string; summary: string }>> = {
  get: { id: 'list', summary: 'Query rows of' },
  post: { id: 'insert', summary: 'Insert rows into' },
  patch: { id: 'update', summary: 'Update rows of' },
  put: { id: 'put', summary: 'Put a row of' },
  delete: { id: 'remove', summary: 'Delete rows of' },
};

/** As a query writes it: in quotes where it would be a word of the grammar otherwise. */
const parameterName = (name: string): string =>
  isPlainName(name) && !isParameterWord(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;

const filterOn = ({ name, category }: Column): Schema => ({
  name: parameterName(name),
  in: 'query',
  required: false,
  description: `A condition on the column, as \`${category === 'boolean' ? 'is.true' : 'eq.…'}\`; \`not.\` before the operator negates it.`,
  schema: { type: 'string' },
});

const ROW_TYPE = 'application/vnd.pgrst.object+json';

function answerOf({ success }: Template, { names, examples }: RowSchemas): Schema {
  const { content, ...answer } = success.answer;
  const row = schemaRef(names.row);
  const typed: Schema = {
    ...content,
    'application/json': { schema: { type: 'array', items: row }, example: [examples.row] },
    [ROW_TYPE]: { schema: row, example: examples.row },
    'text/csv': { schema: { type: 'string' } },
    'application/x-ndjson': { schema: { type: 'string' } },
  };
  return { [success.status]: { ...answer, content: typed } };
}

function bodyOf(method: Method, { names, examples }: RowSchemas): Schema | undefined {
  if (method === 'get' || method === 'delete') return undefined;
  const name = method === 'patch' ? 'change' : 'newRow';
  const one = schemaRef(names[name]);
  const isBulk = method === 'post';
  const schema = isBulk ? { oneOf: [one, { type: 'array', items: one, maxItems: 1_000 }] } : one;
  const content = {
    'application/json': { schema, example: examples[name] },
    ...(isBulk && { 'text/csv': { schema: { type: 'string' } } }),
  };
  return { required: true, content };
}

export function describeTable(table: Table, reader: Reader, known: Known, templates: Templates): Described {
  const rows = rowSchemas(table, reader.standing, known);
  const name = componentName(table.name);
  const parameters = Object.fromEntries(
    rows.readable.map((column) => [`${name}.${componentName(column.name)}`, filterOn(column)]),
  );
  const filters = Object.keys(parameters).map(parameterRef);

  function operationOf(method: Method): Schema {
    const template = templates.of('rows', method);
    const { id, summary } = VERBS[method];
    const requestBody = bodyOf(method, rows);
    return {
      ...template.rest,
      operationId: `${id}.${name}`,
      tags: [table.name],
      summary: `${summary} ${table.name}`,
      description: template.description,
      parameters: [...(method === 'post' ? [] : filters), ...Object.values(template.parameters)],
      ...(requestBody && { requestBody }),
      responses: { ...answerOf(template, rows), ...template.failures },
    };
  }

  const operations = methodsFor(table, reader).map((method) => [method, operationOf(method)] as const);
  return {
    paths: { [`/rows/${encodeURIComponent(table.name)}`]: Object.fromEntries(operations) },
    schemas: rows.schemas,
    parameters,
  };
}
