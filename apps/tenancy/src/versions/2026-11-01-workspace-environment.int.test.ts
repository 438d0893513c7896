import { API_VERSIONS, type ApiVersion, type Caller, HEADERS } from '@plinth/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTenant } from '../testing/fixtures.ts';
import { startTenancy, type Tenancy } from '../testing/harness.ts';

let tenancy: Tenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.close());

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

function speaking(owner: Caller, version: ApiVersion) {
  return (method: Method, url: string, payload?: object, key?: string) => {
    const headers = { [HEADERS.apiVersion]: version, ...(key && { [HEADERS.idempotencyKey]: key }) };
    return tenancy.send(owner, { method, url, headers, ...(payload && { payload }) });
  };
}

async function start(version: ApiVersion) {
  const owner = await tenancy.newOwner();
  const tenant = await createTenant(tenancy, owner);
  const payload = (more: object = {}) => ({ tenantId: tenant.id, slug: 'dev', displayName: 'Dev', ...more });
  return { owner, payload, send: speaking(owner, version) };
}

const FIELD = { '2024-01-01': 'environmentType', '2026-11-01': 'environment' } as const;

/** As it is sent, but for what is new each time. */
const golden = (body: unknown): unknown =>
  JSON.parse(
    JSON.stringify(body)
      .replaceAll(/\b(tnt|wks)_[0-9A-Z]{26}/g, '$1_…')
      .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, 'a moment'),
  );

describe.each(API_VERSIONS)('in %s', (version) => {
  const field = FIELD[version];

  test('each operation takes and answers what the version promises, byte for byte', async () => {
    const { send, payload } = await start(version);
    const seen: object[] = [];
    async function note(method: Method, url: string, body?: object): Promise<string> {
      const answer = await send(method, url, body);
      seen.push({ request: `${method} ${url}`, body, status: answer.status, answer: answer.body });
      return answer.body.id;
    }
    const id = await note('POST', '/v1/workspaces', payload({ [field]: 'staging' }));
    await note('GET', `/v1/workspaces/${id}`);
    await note('GET', `/v1/workspaces?${field}=staging`);
    await note('GET', `/v1/workspaces?${field}=production`);
    await note('PATCH', `/v1/workspaces/${id}`, { [field]: 'production' });
    await note('DELETE', `/v1/workspaces/${id}`);
    await note('POST', `/v1/workspaces/${id}/undelete`, {});
    await note('POST', '/v1/workspaces', payload({ [field]: 'huge', slug: '-' }));
    await note('GET', `/v1/workspaces?${field}=huge`);
    const text = `${JSON.stringify(golden(seen), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`golden/2026-11-01-workspace-environment.${version}.json`);
  });

  test('a field of another version is refused by the name that was given', async () => {
    const { send, payload } = await start(version);
    for (const foreign of Object.values(FIELD).filter((name) => name !== field)) {
      const refused = { path: foreign, code: 'unknown_field', message: 'is not a known field' };
      const created = await send('POST', '/v1/workspaces', payload({ [foreign]: 'staging' }));
      expect([created.status, created.body.error.details.fields]).toEqual([400, [refused]]);
      expect(created.body.error.message).toBe(`Invalid request: ${foreign}: is not a known field`);
      const both = await send('POST', '/v1/workspaces', payload({ [foreign]: 'huge', [field]: 'huge' }));
      expect(both.body.error.details.fields.map(({ path }: { path: string }) => path)).toEqual([
        field,
        foreign,
      ]);
      expect((await send('GET', `/v1/workspaces?${foreign}=staging`)).body.error.details.fields).toEqual([
        refused,
      ]);
    }
  });
});

test('a page that was begun in one version goes on in the other', async () => {
  const { owner, payload, send } = await start('2024-01-01');
  for (const slug of ['one', 'two']) {
    expect((await send('POST', '/v1/workspaces', payload({ slug, environmentType: 'staging' }))).status).toBe(
      201,
    );
  }
  const first = await send('GET', '/v1/workspaces?limit=1&environmentType=staging');
  const next = encodeURIComponent(first.body.pagination.nextCursor);
  const newest = speaking(owner, '2026-11-01');
  const second = await newest('GET', `/v1/workspaces?limit=1&environment=staging&cursor=${next}`);
  expect(first.body.data).toMatchObject([{ slug: 'two', environmentType: 'staging' }]);
  expect(second.body.data).toMatchObject([{ slug: 'one', environment: 'staging' }]);
});

test('a replay is of the version of its request, and in another version it is another request', async () => {
  const { owner, payload, send } = await start('2024-01-01');
  const first = await send('POST', '/v1/workspaces', payload(), 'once');
  const again = await send('POST', '/v1/workspaces', payload(), 'once');
  expect(first.body.environmentType).toBe('development');
  expect(again.body).toEqual(first.body);
  expect(again.headers[HEADERS.idempotencyReplayed]).toBe('true');
  const other = await speaking(owner, '2026-11-01')('POST', '/v1/workspaces', payload(), 'once');
  expect([other.status, other.body.error.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
});

test('the typed dialect speaks the newest version, whatever is asked for', async () => {
  const { owner, payload, send } = await start('2024-01-01');
  const { body } = await send('POST', '/v1/workspaces', payload());
  const input = encodeURIComponent(JSON.stringify({ workspaceId: body.id }));
  const typed = await speaking(owner, '2024-01-01')('GET', `/trpc/tenancy/workspace.get?input=${input}`);
  expect(typed.body.result.data.environment).toBe('development');
  expect(typed.body.result.data).not.toHaveProperty('environmentType');
});
