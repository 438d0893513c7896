import { randomUUID } from 'node:crypto';
import { documentPathOf } from '@plinth/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { API_VERSION, as, call, platform, tokenOf, uniqueSlug } from './api.ts';
import { activeRealmOf } from './realm.ts';

// Every operation of the served document, asked by the owner of another organization with real ids of the first. A new
// route is covered by being in the document; a route whose parameter is not known here fails until it is.

interface Operation {
  security?: object[];
  requestBody?: { content: Record<string, { example?: Record<string, unknown> }> };
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
}

const served = await fetch(platform.url + documentPathOf(API_VERSION));
const document = (await served.json()) as Document;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method];
    return operation
      ? [{ name: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path, operation }]
      : [];
  }),
);

const ids: Record<string, string> = { org_id: platform.organizationId };

beforeAll(async () => {
  const { post } = await as('owner');
  const tenant = await post('/v1/tenants', {
    body: { slug: uniqueSlug('victim'), displayName: 'Victim', plan: 'pro', adminEmail: 'a@example.com' },
  });
  const workspace = await post('/v1/workspaces', {
    body: {
      tenantId: tenant.body.id,
      slug: 'victim',
      displayName: 'Victim',
      capabilities: ['postgres'],
    },
  });
  Object.assign(ids, {
    tenantId: tenant.body.id,
    tenant_id: tenant.body.id,
    workspaceId: workspace.body.id,
    workspace_id: workspace.body.id,
    realmId: (await activeRealmOf(tenant.body.id)).id,
    // The embedded provider makes neither; the realm alone is enough not to be there.
    roleName: 'editor',
    userId: randomUUID(),
    // None can be made by the API; the workspace alone is enough not to be there.
    function: 'none',
    // Applied as a list, not made one by one.
    version: '0001',
  });
  // Whatever else can be made: one of each, from the example in the document, what needs no other first.
  const creations = operations.flatMap(({ path }) => {
    const [, collection, parameter] = /^(.*)\/\{(\w+)\}$/.exec(path) ?? [];
    const create = operations.find((other) => other.method === 'POST' && other.path === collection);
    return create && parameter
      ? [{ create, parameter, needs: [...Object.keys(bodyOf(create) ?? {}), ...parametersOf(create.path)] }]
      : [];
  });
  const made = new Set(creations.map(({ parameter }) => parameter));
  const countOf = ({ needs }: (typeof creations)[number]) => needs.filter((key) => made.has(key)).length;
  for (const { create, parameter } of creations.toSorted((a, b) => countOf(a) - countOf(b))) {
    if (parameter in ids) continue;
    const answer = await post(urlOf(create), { body: bodyOf(create) ?? {} });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    // What lies within a workspace goes by its name.
    ids[parameter] = answer.body.id ?? answer.body.name;
  }
});

const parametersOf = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
const urlOf = ({ path }: (typeof operations)[number]) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'none');
const isOpen = ({ operation }: (typeof operations)[number]) => (operation.security ?? []).length === 0;

/** Fields that are called as a parameter is, and mean something else: the type of a column may be one of Postgres. */
const NAMESAKES = new Set(['type']);

const bodyOf = ({ operation }: (typeof operations)[number]) => {
  const example = operation.requestBody?.content['application/json']?.example;
  return (
    example &&
    Object.fromEntries(
      Object.entries(example).map(([key, value]) => [key, (!NAMESAKES.has(key) && ids[key]) || value]),
    )
  );
};

test('the document lists operations, and each knows its parameters', () => {
  expect(operations.length).toBeGreaterThan(15);
  for (const { path } of operations) {
    for (const parameter of parametersOf(path)) expect(Object.keys(ids), path).toContain(parameter);
  }
});

const named = operations.filter(
  (operation) =>
    parametersOf(operation.path).length > 0 || Object.keys(bodyOf(operation) ?? {}).includes('tenantId'),
);

describe.each(named)('$name', (operation) => {
  test("is not there for another organization's owner", async () => {
    const body = bodyOf(operation);
    const token = await tokenOf('stranger');
    const answer = await call(operation.method, urlOf(operation), { token, ...(body && { body }) });
    expect(answer.status, JSON.stringify(answer.body)).toBe(404);
  });
});

describe.each(operations.filter((operation) => !isOpen(operation)))('$name', (operation) => {
  test('needs a credential', async () => {
    const body = bodyOf(operation);
    const { status } = await call(operation.method, urlOf(operation), body ? { body } : {});
    expect([400, 401]).toContain(status);
  });
});
