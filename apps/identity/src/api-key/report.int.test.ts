import { type AuditEvent, readApiKey, writeApiKey } from '@plinth/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiKeys, createApiKeys } from '../testing/api-keys.ts';
import { type Identity, startIdentity } from '../testing/harness.ts';

let identity: Identity;
let keys: ApiKeys;
beforeAll(async () => {
  identity = await startIdentity();
  keys = createApiKeys(identity);
});
afterAll(() => identity.close());

const report = (found: unknown, headers: Record<string, string> = {}) =>
  identity.post('/v1/api-keys/report', { keys: found }, headers);

test('a real key stops to work, whoever found it, and its organization hears of it', async () => {
  const owner = keys.member();
  const [found, other] = [await keys.create(owner), await keys.create(keys.member())];
  const { status, headers, body } = await report(
    ['nothing', `curl https://example.com/?k=${found.key}&x=1`, found.key],
    {
      'x-forwarded-for': '192.0.2.9',
    },
  );
  expect([status, body]).toEqual([202, { received: 3 }]);
  expect(headers['x-plinth-revoked']).toBe(`key:${found.id}`);
  expect(await keys.refusal(found.key)).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
  expect((await keys.exchange(other.key)).principal).toBe(other.id);

  const url = `/v1/api-keys/${found.id}`;
  expect((await identity.send(owner, { method: 'GET', url })).body.status).toBe('leaked');
  const rows = await identity.database.query<{ kind: string; payload: AuditEvent & { type: string } }>(
    `select kind, payload from outbox where organization_id = $1 and payload::text like '%leaked%'
       and coalesce(payload->>'outcome', 'success') = 'success' order by kind`,
    [owner.organizationId],
  );
  expect(rows.map(({ payload }) => payload)).toEqual([
    expect.objectContaining({
      action: 'apiKey.report',
      actor: { kind: 'anonymous', id: '' },
      target: { kind: 'apiKey', id: found.id },
      clientAddress: '192.0.2.9',
    }),
    expect.objectContaining({ type: 'apiKey.leaked', subject: { kind: 'apiKey', id: found.id } }),
  ]);
  for (const change of [
    { method: 'PATCH', url, payload: { name: 'Again' } },
    { method: 'POST', url: `${url}/rotate`, payload: {} },
  ] as const) {
    const refused = await identity.send(owner, change);
    expect([refused.status, refused.body.error.code]).toEqual([409, 'INVALID_STATE']);
  }
  expect((await identity.send(owner, { method: 'DELETE', url })).status).toBe(200);
});

test('the answer is the same for what is no key, what was a key, and what has leaked before', async () => {
  const owner = keys.member();
  const [leaked, deleted] = [await keys.create(owner), await keys.create(owner)];
  await report([leaked.key]);
  await identity.send(owner, { method: 'DELETE', url: `/v1/api-keys/${deleted.id}` });
  for (const text of [leaked.key, deleted.key, 'bpk_live_4fQ2xS7bWk9Z_…', '', '\ud83d\udd11']) {
    const { status, headers, body } = await report([text]);
    expect([status, body]).toEqual([202, { received: 1 }]);
    expect(headers).not.toHaveProperty('x-plinth-revoked');
  }
});

test('nobody takes a key away by its public id alone', async () => {
  const made = await keys.create(keys.member());
  const parts = readApiKey(made.key);
  if (!parts) throw new Error('that is no API key');
  const guessed = writeApiKey({ ...parts, secret: '0'.repeat(43) });
  expect((await report([guessed, `${made.key.slice(0, -1)}!`])).status).toBe(202);
  expect((await keys.exchange(made.key)).principal).toBe(made.id);
});

test('many at once, some of them by two people, end each once', async () => {
  const owner = keys.member();
  const made = [];
  for (let i = 0; i < 12; i++) made.push(await keys.create(owner));
  const texts = made.map(({ key }) => key);
  const answers = await Promise.all([report(texts), report(texts)]);
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  const { body } = await identity.send(owner, { method: 'GET', url: '/v1/api-keys?status=leaked' });
  expect(body.data).toHaveLength(12);
  const [counted] = await identity.database.query(
    `select count(*) as count from outbox where organization_id = $1 and payload->>'action' = 'apiKey.report'`,
    [owner.organizationId],
  );
  expect(counted).toEqual({ count: 12 });
});

test.each([
  ['nothing', []],
  ['more than a thousand', Array.from({ length: 1_001 }, () => 'x')],
  ['no list', 'bpk_live'],
  ['no text', [7]],
])('%s is a 400', async (_, found) => {
  const { status, body } = await report(found);
  expect([status, body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
});
