import type { Caller } from '@plinth/contracts';
import { standingOf } from '../placement/place.ts';
import { knows } from '../schema-cache/rights.ts';
import type { WorkspaceSchema } from '../schema-cache/schema.ts';
import type { Schema } from './column-schema.ts';
import { describeFunctions, FUNCTIONS_TAG, type RowSchemaOf } from './function-operations.ts';
import { methodsFor, type Reader } from './methods.ts';
import { type Known, rowSchemaName } from './row-schemas.ts';
import { describeTable } from './table-operations.ts';
import type { Components, Templates } from './templates.ts';

// What a workspace holds for one caller, as an OpenAPI document. What the caller may not use is not in it.

const REFERENCE = /"\$ref":"#\/components\/([^/"]+)\/([^"]+)"/g;

/** The components that the paths lead to, and no others. */
function usedBy(paths: object, components: Components): Components {
  const used: Components = {};
  const open = [JSON.stringify(paths)];
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    for (const [, section = '', name = ''] of text.matchAll(REFERENCE)) {
      const component = components[section]?.[name];
      if (component === undefined || used[section]?.[name] !== undefined) continue;
      used[section] ??= {};
      used[section][name] = component;
      open.push(JSON.stringify(component));
    }
  }
  return used;
}

export interface DocumentRequest {
  caller: Caller;
  schema: WorkspaceSchema;
  /** Where the workspace is, for its caller. */
  url: string;
  version: string;
}

export function writeDocument(request: DocumentRequest, templates: Templates): Schema {
  const { caller, schema, url, version } = request;
  const reader: Reader = { standing: standingOf(caller), permissions: new Set(caller.permissions) };
  const tables = [...schema.tables.values()]
    .filter((table) => methodsFor(table, reader).length > 0)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const shown = new Map(tables.map((table) => [table.name, table]));
  const known: Known = (table, name) => {
    const column = shown.get(table)?.columns.get(name);
    return column !== undefined && knows(column, reader.standing);
  };
  const described = tables.map((table) => describeTable(table, reader, known, templates));
  const rowSchemaOf: RowSchemaOf = (name) => (shown.has(name) ? rowSchemaName(name) : undefined);
  const calls = describeFunctions(schema, reader, rowSchemaOf, templates);
  const paths: Record<string, Schema> = Object.assign({}, ...described.map((one) => one.paths), calls);
  const components: Components = {
    ...templates.components,
    schemas: Object.assign({}, templates.components.schemas, ...described.map((one) => one.schemas)),
    parameters: Object.assign({}, templates.components.parameters, ...described.map((one) => one.parameters)),
  };
  const { securitySchemes = {} } = components;
  return {
    openapi: '3.1.0',
    info: {
      title: `Data of ${caller.workspaceId}`,
      description:
        'The tables, views and functions that this workspace holds for you, with what you may do to them.',
      version,
    },
    servers: [{ url }],
    tags: [
      ...tables.map(({ name, comment }) => ({ name, description: comment ?? `Rows of ${name}.` })),
      ...(Object.keys(calls).length > 0 ? [FUNCTIONS_TAG] : []),
    ],
    paths,
    components: { ...usedBy(paths, components), ...(Object.keys(paths).length > 0 && { securitySchemes }) },
  };
}
