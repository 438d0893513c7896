import { type AuditEvent, newId, ORGANIZATION_LIMITS, permissionsOf, planOf } from '@plinth/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreateApiKey } from '../api-key/api-key.schema.ts';
import { type ApiKeys, createApiKeys, shownKey } from '../testing/api-keys.ts';
import { type Identity, startIdentity } from '../testing/harness.ts';
import { verifiedToken } from '../testing/verified-token.ts';

let identity: Identity;
let keys: ApiKeys;
beforeAll(async () => {
  identity = await startIdentity();
  keys = createApiKeys(identity);
});
afterAll(() => identity.close());

const seconds = () => Math.floor(Date.now() / 1_000);
const query = (text: string, values: unknown[]) => identity.database.query(text, values);

async function auditsOf(organizationId: string | undefined, action = 'apiKey.use'): Promise<AuditEvent[]> {
  const rows = await identity.database.query<{ payload: AuditEvent }>(
    `select payload from outbox where kind = 'audit' and organization_id = $1 and payload->>'action' = $2 order by id`,
    [organizationId, action],
  );
  return rows.map(({ payload }) => payload);
}

describe('a passport for a key', () => {
  test('holds what the role gives, for the key and whose it is', async () => {
    const owner = keys.member();
    const tenantId = keys.tenantOf(owner, 'pro');
    const workspaceId = keys.workspaceOf(tenantId);
    const made = await keys.create(owner, { role: 'general:write' });
    const { caller, limits, subjects, principal, expiresAt } = await keys.exchange(made.key, {
      scope: { workspaceId },
    });
    const { organizationId } = owner;
    expect(caller).toEqual({
      kind: 'apiKey',
      id: made.id,
      ownerId: owner.id,
      ownerRole: 'owner',
      role: 'general:write',
      permissions: permissionsOf('general:write'),
      organizationId,
      tenantId,
      workspaceId,
      workspace: { capabilities: ['postgres'], status: 'active' },
      plan: 'pro',
      capabilities: planOf('pro').capabilities,
      suspended: false,
    });
    const { rates } = planOf('pro');
    expect(limits).toEqual([
      { policy: 'principal', key: made.id, quota: rates.principal, windowSeconds: 60 },
      { policy: 'tenant', key: tenantId, quota: rates.tenant, windowSeconds: 60 },
    ]);
    expect(subjects).toEqual([
      `key:${made.id}`,
      `membership:${owner.id}`,
      `tenant:${tenantId}`,
      `organization:${organizationId}`,
    ]);
    expect(principal).toBe(made.id);
    expect(expiresAt - seconds()).toBeGreaterThan(30);
  });

  test('of its organization is its own, named or not, also where none is required', async () => {
    const owner = keys.member();
    const { organizationId = '' } = owner;
    const { key } = await keys.create(owner);
    for (const more of [{}, { scope: { organizationId } }, { organization: 'optional' as const }]) {
      const { caller, limits } = await keys.exchange(key, more);
      expect(caller.organizationId).toBe(organizationId);
      expect(limits[1]).toMatchObject({ key: organizationId, quota: ORGANIZATION_LIMITS.rates.organization });
    }
  });

  test('holds no more than its owner, now', async () => {
    const owner = keys.member();
    const { key } = await keys.create(owner, { role: 'admin:write' });
    expect((await keys.exchange(key)).caller.permissions).toEqual(permissionsOf('admin:write'));
    keys.setRole(owner, 'viewer');
    expect((await keys.exchange(key)).caller).toMatchObject({
      permissions: permissionsOf('viewer'),
      ownerRole: 'viewer',
    });
    keys.setRole(owner, undefined);
    expect(await keys.refusal(key)).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
    keys.setRole(owner, 'owner');
    expect((await keys.exchange(key)).caller.permissions).toEqual(permissionsOf('admin:write'));
  });

  test('holds the finer list, and never ends after its key', async () => {
    const owner = keys.member();
    const made = await keys.create(owner, { permissions: ['workspaces:read', 'tenants:read'] });
    expect((await keys.exchange(made.key)).caller.permissions).toEqual(['tenants:read', 'workspaces:read']);
    await query('update api_key set expires_at = now() + make_interval(secs => 20) where id = $1', [made.id]);
    expect((await keys.exchange(made.key)).expiresAt).toBeLessThanOrEqual(seconds() + 20);
  });

  test('knows of no revocation that came after the key was looked up', async () => {
    const owner = keys.member();
    const made = await keys.create(owner);
    const { sequence } = await keys.exchange(made.key);
    await identity.send(owner, {
      method: 'PATCH',
      url: `/v1/api-keys/${made.id}`,
      payload: { name: 'Other' },
    });
    const since = await identity.internal('revocation.since', { after: sequence });
    expect(since.body.result.data.revocations).toContainEqual({
      subject: `key:${made.id}`,
      sequence: expect.any(Number),
    });
    expect((await keys.exchange(made.key)).sequence).toBeGreaterThan(sequence);
  });
});

describe('the reach of a key', () => {
  async function arrange(limit: (ids: { one: string; two: string; inOne: string }) => Partial<CreateApiKey>) {
    const owner = keys.member();
    const [one, two] = [keys.tenantOf(owner), keys.tenantOf(owner)];
    const [inOne, inTwo] = [keys.workspaceOf(one), keys.workspaceOf(two)];
    const { key } = await keys.create(owner, limit({ one, two, inOne }));
    return { key, one, two, inOne, inTwo };
  }
  const codeOf = async (key: string, scope: object) => {
    const { status, body } = await keys.ask(key, { scope });
    return status === 200 ? status : body.error.data.code;
  };

  test('of one tenant is that tenant, also where none is named', async () => {
    const { key, one, two, inOne, inTwo } = await arrange(({ one }) => ({ tenantIds: [one] }));
    expect((await keys.exchange(key)).caller).toMatchObject({ tenantId: one, reach: { tenantIds: [one] } });
    expect(await codeOf(key, { tenantId: one })).toBe(200);
    expect(await codeOf(key, { workspaceId: inOne })).toBe(200);
    expect(await codeOf(key, { tenantId: two })).toBe('TENANT_NOT_FOUND');
    expect(await codeOf(key, { workspaceId: inTwo })).toBe('WORKSPACE_NOT_FOUND');
  });

  test('of one workspace is that workspace, and not the tenant that holds it', async () => {
    const { key, one, inOne, inTwo } = await arrange(({ inOne }) => ({ workspaceIds: [inOne] }));
    expect((await keys.exchange(key)).caller).toMatchObject({ workspaceId: inOne, tenantId: one });
    expect(await codeOf(key, { tenantId: one })).toBe('TENANT_NOT_FOUND');
    expect(await codeOf(key, { workspaceId: inTwo })).toBe('WORKSPACE_NOT_FOUND');
  });

  test('of several places is not narrowed to one', async () => {
    const { key, two, inOne, inTwo } = await arrange(({ two, inOne }) => ({
      tenantIds: [two],
      workspaceIds: [inOne],
    }));
    const { caller } = await keys.exchange(key);
    expect(caller).not.toHaveProperty('tenantId');
    expect(caller.reach).toEqual({ tenantIds: [two], workspaceIds: [inOne] });
    for (const scope of [{ tenantId: two }, { workspaceId: inOne }, { workspaceId: inTwo }]) {
      expect(await codeOf(key, scope)).toBe(200);
    }
  });

  test('ends at its organization, as if nothing were beyond', async () => {
    const owner = keys.member();
    const { key } = await keys.create(owner);
    // The owner belongs there too; the key does not.
    const elsewhere = keys.member('owner', { id: owner.id });
    const tenantId = keys.tenantOf(elsewhere);
    expect(await codeOf(key, { organizationId: elsewhere.organizationId })).toBe('ORGANIZATION_NOT_FOUND');
    expect(await codeOf(key, { tenantId })).toBe('TENANT_NOT_FOUND');
    expect(await codeOf(key, { tenantId: newId('tenant') })).toBe('TENANT_NOT_FOUND');
    expect(await codeOf(key, { workspaceId: keys.workspaceOf(tenantId) })).toBe('WORKSPACE_NOT_FOUND');
  });
});

describe('a key that opens nothing', () => {
  const HOUR = 3_600_000;
  const later = new Date(Date.now() + HOUR).toISOString();
  const change = (column: string) => (id: string) =>
    query(`update api_key set ${column} where id = $1`, [id]);

  const CASES: [reason: string, more: Partial<CreateApiKey>, spoil?: (id: string) => Promise<unknown>][] = [
    ['deleted', {}, change('deleted_at = now()')],
    ['leaked', {}, change('leaked_at = now()')],
    ['expired', {}, change('expires_at = now()')],
    ['expired', {}, change(`expires_at = now() + interval '900 milliseconds'`)],
    ['not_yet_valid', { notBefore: later }],
    ['address_not_allowed', { allowedCidrs: ['198.51.100.0/24', '2001:db8::/32'] }],
    ['owner_gone', {}, change(`owner_id = 'usr_gone'`)],
    ['rotated', {}, (id) => query('update api_key_secret set valid_until = now() where key_id = $1', [id])],
  ];

  test.each(CASES)(
    'because it is %s looks like any other, and its organization is told why',
    async (...row) => {
      const [reason, more, spoil] = row;
      const owner = keys.member();
      const made = await keys.create(owner, more);
      await spoil?.(made.id);
      for (let i = 0; i < 3; i++) {
        expect(await keys.refusal(made.key)).toEqual({
          status: 401,
          code: 'TOKEN_INVALID',
          message: 'The credential is not valid',
        });
      }
      await expect
        .poll(() => auditsOf(owner.organizationId))
        .toEqual([
          expect.objectContaining({
            actor: { kind: 'apiKey', id: made.id },
            target: { kind: 'apiKey', id: made.id },
            outcome: 'denied',
            clientAddress: '192.0.2.7',
            correlationId: 'test-correlation',
            changes: { code: 'TOKEN_INVALID', reason, times: 1 },
          }),
        ]);
    },
  );

  test('for its secret, its form, or because nobody knows it, looks like that too', async () => {
    const { key } = await keys.create(keys.member());
    const right = shownKey(key);
    const wrong = [
      { digest: shownKey((await keys.create(keys.member())).key).digest },
      { digest: '' },
      { id: '0'.repeat(12) },
      { owner: 'serviceAccount' as const },
      { stage: 'test' as const },
    ];
    for (const part of wrong) {
      const { status, body } = await keys.ask(key, { key: { ...right, ...part } });
      expect([status, body.error.data.code]).toEqual([401, 'TOKEN_INVALID']);
      expect(body.error.data).not.toHaveProperty('details');
    }
    expect((await keys.ask(key, { key: right })).status).toBe(200);
  });

  test.each([
    ['192.0.2.7', 200],
    ['192.0.3.7', 401],
    ['2001:db8::1', 200],
    [undefined, 401],
  ])('from %s, where only some networks may: %s', async (clientAddress, status) => {
    const { key } = await keys.create(keys.member(), { allowedCidrs: ['192.0.2.0/24', '2001:db8::/32'] });
    expect((await keys.ask(key, { clientAddress })).status).toBe(status);
  });

  test('beside a token is one credential too many', async () => {
    const { key } = await keys.create(keys.member());
    const { status, code } = await keys.refusal(key, { token: verifiedToken() });
    expect([status, code]).toEqual([400, 'AMBIGUOUS_CREDENTIALS']);
  });
});

test('keys of another stage open nothing', async () => {
  const owner = keys.member();
  const { key } = await keys.create(owner);
  const trying = await startIdentity({ DATABASE_URL: identity.databaseUrl, API_KEY_STAGE: 'test' });
  const there = createApiKeys(trying);
  there.setRole(owner, 'owner');
  expect((await there.ask(key)).status).toBe(401);
  const made = await there.create(owner);
  expect(made.display).toMatch(/^bpk_test_/);
  expect((await there.ask(made.key)).status).toBe(200);
  expect((await keys.ask(made.key)).status).toBe(401);
  await trying.close();
});

test('a key outlives the version of the master key that it was made under, once it was used', async () => {
  const owner = keys.member();
  const [used, unused] = [await keys.create(owner), await keys.create(owner)];
  const entry = (version: number) => `v${version}:${Buffer.alloc(32, version).toString('base64')}`;
  const old = identity.keys.settings('identity').PLINTH_MASTER_KEY;
  // A Keycloak, for the embedded provider's own keys are under the master key too.
  const provider = {
    IDENTITY_PROVIDER: 'keycloak' as const,
    KEYCLOAK_URL: 'http://127.0.0.1:9',
    KEYCLOAK_ADMIN_CLIENT_SECRET: 'secret',
  };
  async function withMasterKey(PLINTH_MASTER_KEY: string, key: string): Promise<number> {
    const other = await startIdentity({ DATABASE_URL: identity.databaseUrl, PLINTH_MASTER_KEY, ...provider });
    const there = createApiKeys(other);
    there.setRole(owner, 'owner');
    const { status } = await there.ask(key);
    await other.close();
    return status;
  }
  expect(await withMasterKey(entry(2), used.key)).toBe(401);
  expect(await withMasterKey(`${entry(2)},${old}`, used.key)).toBe(200);
  expect(await withMasterKey(entry(2), used.key)).toBe(200);
  expect(await withMasterKey(entry(2), unused.key)).toBe(401);
});

describe('when a key was used last', () => {
  const flush = () => identity.deps.usage.flush();
  const read = async (owner: ReturnType<ApiKeys['member']>, id: string) => {
    const { body } = await identity.send(owner, { method: 'GET', url: `/v1/api-keys/${id}` });
    return { at: body.lastUsedAt, from: body.lastUsedFrom, etag: body.etag };
  };

  test('is known to the minute, a while after, and only ever moves on', async () => {
    const owner = keys.member();
    const { id, key } = await keys.create(owner);
    await keys.exchange(key);
    expect(await read(owner, id)).toEqual({ at: null, from: null, etag: '"1"' });
    await flush();
    const { at, from, etag } = await read(owner, id);
    expect([from, etag]).toEqual(['192.0.2.7', '"1"']);
    expect(at).toMatch(/:00\.000000Z$/);
    expect(Date.now() - Date.parse(at)).toBeLessThan(120_000);
    await query(
      `update api_key set last_used_at = now() + interval '1 hour', last_used_from = 'later' where id = $1`,
      [id],
    );
    await keys.exchange(key);
    await flush();
    expect((await read(owner, id)).from).toBe('later');
  });

  test('is an audit entry for the first time in a day', async () => {
    const owner = keys.member();
    const { id, key } = await keys.create(owner);
    const entry = expect.objectContaining({
      actor: { kind: 'apiKey', id },
      target: { kind: 'apiKey', id },
      outcome: 'success',
      clientAddress: '192.0.2.7',
    });
    for (let i = 0; i < 2; i++) {
      await keys.exchange(key);
      await flush();
    }
    expect(await auditsOf(owner.organizationId)).toEqual([entry]);
    await query(`update api_key set last_used_at = now() - interval '1 day' where id = $1`, [id]);
    await keys.exchange(key);
    await flush();
    expect(await auditsOf(owner.organizationId)).toEqual([entry, entry]);
  });
});
