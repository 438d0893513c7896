import { createDocument } from '@plinth/service';
import { router } from '../procedure.ts';
import { rowsRouter } from '../rows/rows.router.ts';
import type { Schema } from './column-schema.ts';

// What the document of the platform says of the routes that all workspaces share. That of a workspace says the same of each of
// its tables, narrowed to what that holds, so that the two cannot differ.

export type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

/** The parts of a document that are looked into. */
interface Operation extends Schema {
  description?: string;
  parameters?: readonly { name?: string; in?: string }[];
  responses: Readonly<Record<string, Schema & { content?: Schema }>>;
}

export type Components = Record<string, Record<string, unknown>>;

export interface Template {
  description: string | undefined;
  /** Without those of the path, and those that name columns. */
  parameters: readonly object[];
  success: { status: string; answer: Schema & { content?: Schema } };
  /** By status: where among the shared components the answer is. */
  failures: Schema;
  /** What is said of the operation besides. */
  rest: Schema;
}

export interface Templates {
  of(method: Method): Template;
  components: Components;
}

const ROWS = '/v1/postgres/{workspaceId}/rows/{table}';

const isOfTable = ({ name, in: place }: { name?: string; in?: string }): boolean =>
  place === 'path' || (place === 'query' && name === 'filter');

function templateOf(method: Method, operation: Operation): Template & { responses: Schema } {
  const { description, parameters = [], responses, security, ...others } = operation;
  const [success, ...failing] = Object.entries(responses);
  if (!success) throw new Error(`${method} ${ROWS} has no answer in its document`);
  const [status, answer] = success;
  const named = failing.map(([code, response]) => ({ code, name: `${method}.${code}`, response }));
  return {
    description,
    parameters: parameters.filter((parameter) => !isOfTable(parameter)),
    success: { status, answer },
    failures: Object.fromEntries(
      named.map(({ code, name }) => [code, { $ref: `#/components/responses/${name}` }]),
    ),
    rest: {
      security,
      ...Object.fromEntries(Object.entries(others).filter(([key]) => key.startsWith('x-'))),
    },
    responses: Object.fromEntries(named.map(({ name, response }) => [name, response])),
  };
}

export function createTemplates(): Templates {
  const document = createDocument({
    title: 'rows',
    router: router({ rows: rowsRouter }),
    resources: { rows: 'Rows.' },
  });
  const operations = document.paths?.[ROWS] as Readonly<Partial<Record<Method, Operation>>> | undefined;
  const templates = new Map<Method, Template>();
  const responses: Record<string, unknown> = {};
  for (const method of ['get', 'post', 'patch', 'put', 'delete'] as const) {
    const operation = operations?.[method];
    if (!operation) throw new Error(`${method} ${ROWS} is missing from the document`);
    const template = templateOf(method, operation);
    templates.set(method, template);
    Object.assign(responses, template.responses);
  }
  return {
    of(method) {
      const template = templates.get(method);
      if (!template) throw new Error(`${method} has no template`);
      return template;
    },
    components: { ...(document.components as Components), responses },
  };
}
