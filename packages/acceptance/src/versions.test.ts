import { randomUUID } from 'node:crypto';
import { createClient, passwordAuth } from '@plinth/client';
import { API_VERSIONS, type ApiVersion, documentPathOf } from '@plinth/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { as, call, platform, uniqueSlug } from './api.ts';

// Two versions of one workspace: whoever wrote it, each reader gets the shape of its own version.

const FIELD = { '2024-01-01': 'environmentType', '2026-11-01': 'environment' } as const;
const OTHER = { '2024-01-01': '2026-11-01', '2026-11-01': '2024-01-01' } as const;

let tenantId: string;
beforeAll(async () => {
  const { post } = await as('owner');
  const body = {
    slug: uniqueSlug('versions'),
    displayName: 'Versions',
    plan: 'pro',
    adminEmail: 'a@example.com',
  };
  tenantId = (await post('/v1/tenants', { body })).body.id;
});

const inVersion = (version: ApiVersion, headers: Record<string, string> = {}) => ({
  headers: { 'x-api-version': version, ...headers },
});
const workspace = (more: object = {}) => ({ tenantId, slug: uniqueSlug('w'), displayName: 'W', ...more });

/** The same in another version. */
function inWordsOf(version: ApiVersion, shape: Record<string, unknown>): object {
  return Object.fromEntries(
    Object.entries(shape).map(([name, value]) => [
      name === FIELD[OTHER[version]] ? FIELD[version] : name,
      value,
    ]),
  );
}

describe.each(API_VERSIONS)('what was made in %s', (version) => {
  const other = OTHER[version];

  test('is read and changed in the other version, and read again', async () => {
    const { get, post, patch } = await as('owner');
    const body = workspace({ [FIELD[version]]: 'staging' });
    const made = await post('/v1/workspaces', { body, ...inVersion(version) });
    expect([made.status, made.headers.get('x-api-version')]).toEqual([201, version]);
    expect(made.headers.get('vary')).toContain('X-API-Version');
    const url = `/v1/workspaces/${made.body.id}`;

    const read = await get(url, inVersion(other));
    expect(read.body).toEqual(inWordsOf(other, made.body));
    expect(read.body).not.toHaveProperty(FIELD[version]);
    const found = await get(`/v1/workspaces?tenantId=${tenantId}&${FIELD[other]}=staging`, inVersion(other));
    expect(found.body.data).toContainEqual(read.body);

    const changed = await patch(url, { body: { [FIELD[other]]: 'production' }, ...inVersion(other) });
    expect(changed.body).toMatchObject({ [FIELD[other]]: 'production' });
    const again = await get(url, inVersion(version));
    expect(again.body).toEqual(inWordsOf(version, changed.body));
  });

  test('may not use a field of the other version, which is refused by name', async () => {
    const { post } = await as('owner');
    const foreign = FIELD[other];
    const { status, body } = await post('/v1/workspaces', {
      body: workspace({ [foreign]: 'staging' }),
      ...inVersion(version),
    });
    expect([status, body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(body.error.details.fields).toEqual([
      { path: foreign, code: 'unknown_field', message: 'is not a known field' },
    ]);
  });

  test('is replayed in its own version, and is another request in the other', async () => {
    const { post } = await as('owner');
    const key = { 'idempotency-key': randomUUID() };
    const body = workspace();
    const first = await post('/v1/workspaces', { body, ...inVersion(version, key) });
    const replay = await post('/v1/workspaces', { body, ...inVersion(version, key) });
    expect(replay.headers.get('x-idempotency-replayed')).toBe('true');
    expect([replay.status, replay.body]).toEqual([201, first.body]);
    expect(first.body[FIELD[version]]).toBe('development');
    const reused = await post('/v1/workspaces', { body, ...inVersion(other, key) });
    expect([reused.status, reused.body.error.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
  });

  test('is as its document says', async () => {
    const { body } = await call('GET', documentPathOf(version));
    const { properties, required } = body.components.schemas.Workspace;
    expect(Object.keys(properties)).toContain(FIELD[version]);
    expect([...Object.keys(properties), ...required]).not.toContain(FIELD[other]);
  });
});

test('the caller is told which version served it', async () => {
  const { get } = await as('owner');
  for (const version of API_VERSIONS) {
    expect((await get('/v1/me', inVersion(version))).body.apiVersion).toBe(version);
  }
});

test('the typed client has the newest shape', async () => {
  const { email: username, password } = platform.users.owner;
  const client = createClient({
    url: platform.url,
    auth: passwordAuth({ url: platform.url, username, password }),
  });
  const made = await client.tenancy.workspace.create.mutate(workspace({ environment: 'staging' } as const));
  expect(made.environment).toBe('staging');
});

test('info says how each version stands, and where its document is', async () => {
  const { body } = await call('GET', '/v1/platform/info');
  expect(body.versions.map(({ date, status }: { date: string; status: string }) => [date, status])).toEqual([
    ['2024-01-01', 'supported'],
    ['2026-11-01', 'current'],
  ]);
  for (const { date, document } of body.versions) {
    expect((await call('GET', document)).body.info.version).toBe(date);
  }
});

test('a version that stays says nothing of an end', async () => {
  const { get } = await as('owner');
  for (const version of API_VERSIONS) {
    const { headers } = await get('/v1/tenants', inVersion(version));
    expect([headers.get('deprecation'), headers.get('sunset'), headers.get('link')]).toEqual([
      null,
      null,
      null,
    ]);
  }
});
