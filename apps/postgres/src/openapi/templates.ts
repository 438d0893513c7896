import { createDocument } from '@plinth/service';
import { functionRouter } from '../function/function.router.ts';
import { router } from '../procedure.ts';
import { rowsRouter } from '../rows/rows.router.ts';
import type { Schema } from './column-schema.ts';
import { parameterRef } from './component-name.ts';

// What the document of the platform says of the routes that all workspaces share. That of a workspace says the same of each of
// its tables and functions, narrowed to what that one is, so that the two cannot differ.

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
  /** By name, without those of the path and those that name columns: references, for they are the same for all. */
  parameters: Schema;
  success: { status: string; answer: Schema & { content?: Schema } };
  /** By status: where among the shared components the answer is. */
  failures: Schema;
  /** What is said of the operation besides. */
  rest: Schema;
}

export interface Templates {
  of(route: Route, method: Method): Template;
  components: Components;
}

const ROUTES = {
  rows: {
    path: '/v1/postgres/{workspaceId}/rows/{table}',
    methods: ['get', 'post', 'patch', 'put', 'delete'],
  },
  rpc: { path: '/v1/postgres/{workspaceId}/rpc/{function}', methods: ['get', 'post'] },
} as const satisfies Record<string, { path: string; methods: readonly Method[] }>;

type Route = keyof typeof ROUTES;

/** They name columns or arguments, which a workspace knows better. */
const STANDING_IN = new Set(['filter', 'arguments']);
const isOfOne = ({ name = '', in: place }: { name?: string; in?: string }): boolean =>
  place === 'path' || (place === 'query' && STANDING_IN.has(name));

type Named = Record<string, unknown>;

function templateOf(
  id: string,
  operation: Operation,
): Template & { shared: { parameters: Named; responses: Named } } {
  const { description, parameters = [], responses, security, ...others } = operation;
  const [success, ...failing] = Object.entries(responses);
  if (!success) throw new Error(`${id} has no answer in its document`);
  const [status, answer] = success;
  const common = parameters.filter((parameter) => !isOfOne(parameter));
  const own = common.flatMap(({ name, ...more }) => (name === undefined ? [] : { name, ...more }));
  const references = common.filter(({ name }) => name === undefined);
  const named = failing.map(([code, response]) => ({ code, name: `${id}.${code}`, response }));
  return {
    description,
    parameters: {
      ...Object.fromEntries(own.map(({ name }) => [name, parameterRef(`${id}.${name}`)])),
      ...Object.fromEntries(references.entries()),
    },
    success: { status, answer },
    failures: Object.fromEntries(
      named.map(({ code, name }) => [code, { $ref: `#/components/responses/${name}` }]),
    ),
    rest: {
      security,
      ...Object.fromEntries(Object.entries(others).filter(([key]) => key.startsWith('x-'))),
    },
    shared: {
      parameters: Object.fromEntries(own.map((parameter) => [`${id}.${parameter.name}`, parameter])),
      responses: Object.fromEntries(named.map(({ name, response }) => [name, response])),
    },
  };
}

export function createTemplates(): Templates {
  const document = createDocument({
    title: 'data',
    router: router({ rows: rowsRouter, function: functionRouter }),
    resources: { rows: 'Rows.', function: 'Functions.' },
  });
  const templates = new Map<string, Template>();
  const components = document.components as Components;
  const shared = { parameters: { ...components.parameters }, responses: {} };
  for (const [route, { path, methods }] of Object.entries(ROUTES)) {
    const operations = document.paths?.[path] as Readonly<Partial<Record<Method, Operation>>> | undefined;
    for (const method of methods) {
      const id = `${route}.${method}`;
      const operation = operations?.[method];
      if (!operation) throw new Error(`${method} ${path} is missing from the document`);
      const template = templateOf(id, operation);
      templates.set(id, template);
      Object.assign(shared.parameters, template.shared.parameters);
      Object.assign(shared.responses, template.shared.responses);
    }
  }
  return {
    of(route, method) {
      const template = templates.get(`${route}.${method}`);
      if (!template) throw new Error(`${method} of ${route} has no template`);
      return template;
    },
    components: { ...components, ...shared },
  };
}
