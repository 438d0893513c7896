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
/** What the stranger has of their own. */
const strangers: Record<string, string> = { org_id: platform.otherOrganizationId };

async function makeHome(name: 'owner' | 'stranger', slug: string) {
  const { post } = await as(name);
  const tenant = await post('/v1/tenants', {
    body: { slug: uniqueSlug(slug), displayName: slug, plan: 'pro', adminEmail: 'a@example.com' },
  });
  const workspace = await post('/v1/workspaces', {
    body: { tenantId: tenant.body.id, slug, displayName: slug, capabilities: ['postgres'] },
  });
  return { tenantId: tenant.body.id, workspaceId: workspace.body.id };
}

beforeAll(async () => {
  const { post } = await as('owner');
  const [own, strange] = await Promise.all([makeHome('owner', 'victim'), makeHome('stranger', 'stranger')]);
  Object.assign(ids, {
    tenantId: own.tenantId,
    tenant_id: own.tenantId,
    workspaceId: own.workspaceId,
    workspace_id: own.workspaceId,
    realmId: (await activeRealmOf(own.tenantId)).id,
    // The embedded provider makes neither; the realm alone is enough not to be there.
    roleName: 'editor',
    userId: randomUUID(),
    // None can be made by the API; the workspace alone is enough not to be there.
    function: 'none',
    // Applied as a list, not made one by one.
    version: '0001',
  });
  Object.assign(strangers, strange, { realmId: (await activeRealmOf(strange.tenantId, 'stranger')).id });
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
const filled = (path: string, known = ids) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? 'none');
const urlOf = ({ path }: (typeof operations)[number]) => filled(path);
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

/** Such a path leads through what holds the rest: a workspace, a realm, the organization. */
const nested = operations.filter(({ path }) => parametersOf(path).length > 1);

describe.each(nested)('$name', (operation) => {
  test('is not there through what a stranger has of their own', async () => {
    const [holder = '', ...within] = parametersOf(operation.path);
    expect(Object.keys(strangers), holder).toContain(holder);
    const mixed = {
      ...Object.fromEntries(within.map((name) => [name, ids[name] ?? 'none'])),
      [holder]: strangers[holder] ?? '',
    };
    const body = bodyOf(operation);
    const token = await tokenOf('stranger');
    const answer = await call(operation.method, filled(operation.path, mixed), {
      token,
      ...(body && { body }),
    });
    // What the embedded provider cannot do in a realm it says of every one.
    if (holder === 'realmId' && answer.body.error.code === 'CAPABILITY_UNAVAILABLE') return;
    expect(answer.status, JSON.stringify(answer.body)).toBe(404);
  });
});

describe.each(operations.filter((operation) => !isOpen(operation)))('$name', (operation) => {
  test('needs a credential', async () => {
    const body = bodyOf(operation);
    const { status } = await call(operation.method, urlOf(operation), body ? { body } : {});
    expect(status).toBe(401);
  });
});
