import { HEADERS, type ServiceName } from '@plinth/contracts';
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Fixture, type FixtureRequest, owner, startFixture } from './testing/fixture-service.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

const procedure = (path: string, query = ''): string => `/trpc/tenancy/${path}${query}`;
const inputOf = (value: unknown): string => `input=${encodeURIComponent(JSON.stringify(value))}`;

/** Whatever is refused is refused in the shape that tRPC clients read, under the request's id. */
async function refusal(path: string, options: FixtureRequest = {}) {
  const headers = { [HEADERS.correlationId]: 'corr-typed', ...options.headers };
  const answer = await fixture.send(path, { ...options, headers });
  expect(String(answer.headers['content-type'])).toContain('application/json');
  const { error } = Array.isArray(answer.body) ? answer.body[0] : answer.body;
  expect(error).toMatchObject({ message: expect.any(String), code: expect.any(Number) });
  expect(error.data).toMatchObject({ httpStatus: answer.status, correlationId: 'corr-typed' });
  return {
    status: answer.status,
    code: error.data.code,
    details: error.data.details,
    headers: answer.headers,
  };
}

describe('a typed call', () => {
  test('is the same procedure as its REST route, with camelCase and no envelope', async () => {
    const query = await fixture.send(procedure('thing.list', `?${inputOf({ limit: 5 })}`));
    expect(query.body.result.data).toMatchObject({ data: [{ displayName: 'A thing' }] });
    expect(fixture.services.seen.input).toEqual({ limit: 5, showDeleted: false });
    const mutation = await fixture.send(procedure('thing.create'), {
      method: 'POST',
      body: { displayName: 'x' },
    });
    expect(mutation.body.result.data).toMatchObject({ displayName: 'x' });
  });

  test('says when its answer is a stored one', async () => {
    const answer = await fixture.send(procedure('thing.replay'), { method: 'POST', body: {} });
    expect(answer.headers[HEADERS.idempotencyReplayed]).toBe('true');
    expect(answer.headers[HEADERS.idempotencyOriginalRequestId]).toBe('corr-of-the-first');
  });

  test('is refused where the caller lacks the right, by name', async () => {
    const caller = { ...owner, permissions: [] };
    expect(await refusal(procedure('thing.list', `?${inputOf({})}`), { caller })).toMatchObject({
      status: 403,
      code: 'PERMISSION_DENIED',
      details: { permission: 'workspaces:read' },
    });
    expect(fixture.refusals).toHaveLength(1);
  });

  test('is refused without a passport', async () => {
    expect(await refusal(procedure('thing.list'), { caller: null })).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
  });

  test('names the fields that it got wrong', async () => {
    const { status, code, details } = await refusal(procedure('thing.create'), {
      method: 'POST',
      body: { a: 1 },
    });
    expect([status, code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(details.fields.map(({ path }: { path: string }) => path)).toEqual(['displayName', 'a']);
  });
});

describe('a typed call that is none', () => {
  test.each(['thing.nope', 'nope', '__proto__', 'constructor', 'thing', 'thing.get.x', 'ping'])(
    '%s is nowhere',
    async (path) => {
      expect(await refusal(procedure(path))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    },
  );

  test.each(['/trpc/tenancy', '/trpc/tenancy/', '/trpc/other/thing.get', '/trpc'])(
    '%s neither',
    async (path) => {
      expect(await refusal(path)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    },
  );

  test('says which method it wants', async () => {
    const asGet = await refusal(procedure('thing.create', `?${inputOf({ displayName: 'x' })}`));
    expect(asGet).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED', headers: { allow: 'POST' } });
    const asPost = await refusal(procedure('thing.list'), { method: 'POST', body: {} });
    expect(asPost).toMatchObject({ status: 405, headers: { allow: 'GET' } });
    expect(fixture.services.seen.input).toBeUndefined();
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'] as const)(
    'is no %s at all',
    async (method) => {
      const answer = await request(`${fixture.url}${procedure('thing.list')}`, {
        method,
        headers: { [HEADERS.passport]: await fixture.passport() },
      });
      expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
      expect(await answer.body.json()).toMatchObject({ error: { data: { code: 'METHOD_NOT_ALLOWED' } } });
    },
  );

  test('is no JSON', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = await refusal(procedure('thing.create'), { method: 'POST', body: '{canary', headers });
    expect(body).toMatchObject({ status: 400, code: 'MALFORMED_JSON' });
    expect(await refusal(procedure('thing.list', '?input={canary'))).toMatchObject({
      status: 400,
      code: 'MALFORMED_JSON',
    });
  });

  test('is nested too deep, in its body or its query', async () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
    const body = (levels: number) => ({ displayName: 'x', userSettings: { a: deep(levels - 2) } });
    const send = (levels: number) => ({ method: 'POST', body: body(levels) }) as const;
    expect((await fixture.send(procedure('thing.create'), send(32))).status).toBe(200);
    expect(await refusal(procedure('thing.create'), send(33))).toMatchObject({
      status: 400,
      code: 'JSON_TOO_DEEP',
    });
    expect(await refusal(procedure('thing.list', `?${inputOf(deep(33))}`))).toMatchObject({
      code: 'JSON_TOO_DEEP',
    });
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/vnd.api+json',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
  ])('is of the media type %s', async (type) => {
    const options = {
      method: 'POST',
      body: '{"displayName":"x"}',
      headers: { 'content-type': type },
    } as const;
    expect(await refusal(procedure('thing.create'), options)).toMatchObject({
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
  });

  test('is too large', async () => {
    const body = { displayName: 'x'.repeat(1024 * 1024) };
    expect(await refusal(procedure('thing.create'), { method: 'POST', body })).toMatchObject({ status: 413 });
  });
});

describe('a batch', () => {
  const batch = (calls: number) => {
    const inputs = Object.fromEntries(Array.from({ length: calls }, (_, i) => [i, {}]));
    return procedure(Array(calls).fill('thing.list').join(','), `?batch=1&${inputOf(inputs)}`);
  };

  test('holds 20 calls at most', async () => {
    const answer = await fixture.send(batch(20));
    expect(answer.status).toBe(200);
    expect(answer.body).toHaveLength(20);
    expect(await refusal(batch(21))).toMatchObject({ status: 400, code: 'BATCH_NOT_ALLOWED' });
  });

  test('holds no mutations', async () => {
    const path = procedure('thing.create,thing.create', '?batch=1');
    const body = { 0: { displayName: 'a' }, 1: { displayName: 'b' } };
    expect(await refusal(path, { method: 'POST', body })).toMatchObject({
      status: 400,
      code: 'BATCH_NOT_ALLOWED',
    });
    expect(await refusal(`${path}&${inputOf(body)}`)).toMatchObject({ status: 405 });
    expect(fixture.services.seen.input).toBeUndefined();
  });

  test('answers each call by itself', async () => {
    const answer = await fixture.send(
      procedure('thing.list,thing.nope', `?batch=1&${inputOf({ 0: {}, 1: {} })}`),
    );
    expect(answer.status).toBe(207);
    expect(answer.body).toEqual([
      { result: { data: expect.anything() } },
      { error: expect.objectContaining({ data: expect.objectContaining({ code: 'NOT_FOUND' }) }) },
    ]);
  });
});

describe('/internal', () => {
  const ping = `/internal/ping?${inputOf({ text: 'hello' })}`;
  const as = async (service: ServiceName, passport?: string) => ({
    caller: null,
    headers: {
      [HEADERS.serviceToken]: await fixture.keys.serviceToken(service, 'tenancy', passport),
      ...(passport && { [HEADERS.passport]: passport }),
    },
  });

  test('answers the services that it names, alone or for a caller', async () => {
    const alone = await fixture.send(ping, await as('gateway'));
    expect(alone.body.result.data).toEqual({ text: 'hello', caller: 'anonymous' });
    const forOwner = await fixture.send(ping, await as('gateway', await fixture.passport()));
    expect(forOwner.body.result.data.caller).toBe('member');
    const posted = await fixture.send('/internal/ping', {
      ...(await as('gateway')),
      method: 'POST',
      body: { text: 'long' },
    });
    expect(posted.status).toBe(200);
  });

  test('answers no passport alone, no other service, and no token for another passport', async () => {
    const stolen = await as('gateway', await fixture.passport());
    const refused: FixtureRequest[] = [
      {},
      await as('identity'),
      { caller: null },
      { caller: null, headers: { [HEADERS.serviceToken]: 'nonsense' } },
      {
        ...stolen,
        caller: { ...owner, id: 'usr_other' },
        headers: { [HEADERS.serviceToken]: stolen.headers[HEADERS.serviceToken] ?? '' },
      },
      {
        caller: null,
        headers: { [HEADERS.serviceToken]: await fixture.keys.serviceToken('gateway', 'identity') },
      },
    ];
    for (const options of refused) expect((await fixture.send(ping, options)).status).toBe(401);
  });

  test('is not reached by the public routes, nor they by a service without a caller', async () => {
    const service = await as('gateway');
    expect((await fixture.send(procedure('ping', `?${inputOf({ text: 'x' })}`), service)).status).toBe(404);
    expect((await fixture.send('/v1/things', service)).status).toBe(401);
    expect((await fixture.send(procedure('thing.list', `?${inputOf({})}`), service)).status).toBe(401);
    expect((await fixture.send('/internal/thing.list', service)).status).toBe(404);
  });

  test('gives an error the status that tRPC has no name for', async () => {
    const answer = await fixture.send('/internal/fail', {
      ...(await as('gateway')),
      method: 'POST',
      body: {},
    });
    expect([answer.status, answer.body.error.data.code]).toEqual([410, 'TENANT_DELETED']);
  });
});
