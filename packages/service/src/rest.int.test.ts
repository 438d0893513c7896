import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEADERS, Secret } from '@plinth/contracts';
import { testMember } from '@plinth/testing';
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { A_THING } from './testing/fixture-router.ts';
import { type Fixture, owner, startFixture } from './testing/fixture-service.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

const things = `/api/v1/organizations/${owner.organizationId}/things`;
const json = (body: string) =>
  ({ method: 'POST', body, headers: { 'content-type': 'application/json' } }) as const;
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('routing', () => {
  test.each(['/v1/nothing', '/v1/things/', '/V1/things', '/v1//things', '/', '/health/live', '/metrics'])(
    '%s is nowhere',
    async (path) => {
      const answer = await fixture.send(path);
      expect(answer.status).toBe(404);
      expect(answer.body.error.code).toBe('NOT_FOUND');
    },
  );

  test.each(['/v1/things/%zz', '/v1/things/%', `/v1/things/${'a'.repeat(1_025)}`])(
    'a URL that cannot be read is nowhere as well, in words of our own: %.20s',
    async (path) => {
      const answer = await fixture.send(path, { headers: { [HEADERS.correlationId]: 'corr-1234' } });
      expect(answer.status).toBe(404);
      expect(answer.body.error).toMatchObject({ code: 'NOT_FOUND', correlationId: 'corr-1234' });
      expect(answer.headers[HEADERS.correlationId]).toBe('corr-1234');
      expect(answer.text).not.toContain('%z');
    },
  );

  test('says in Allow which methods a path has', async () => {
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'] as const) {
      const answer = await fixture.send('/v1/things', { method });
      expect([answer.status, answer.body.error.code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
      expect(String(answer.headers.allow).split(', ').sort()).toEqual(['GET', 'HEAD', 'POST']);
    }
    const answer = await fixture.send('/v1/things/once', { method: 'HEAD' });
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
  });

  test('answers HEAD as GET, without the body', async () => {
    const [head, get] = [
      await fixture.send('/v1/things', { method: 'HEAD' }),
      await fixture.send('/v1/things'),
    ];
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(get.text)));
  });

  test('decodes what the path holds', async () => {
    await fixture.send('/v1/things/a%2Fb%20%C3%A9');
    expect(fixture.services.seen.input).toEqual({ thingId: 'a/b é' });
  });

  test('reads numbers from the path, whatever the method', async () => {
    const path = '/v1/things/wks_1/versions';
    const answer = await fixture.send(`${path}/7`, { method: 'PATCH', body: { displayName: 'x' } });
    expect(answer.status).toBe(200);
    expect(fixture.services.seen.input).toEqual({ thingId: 'wks_1', version: 7, displayName: 'x' });
    const bad = await fixture.send(`${path}/x`, { method: 'PATCH', body: { itemLimit: '7' } });
    expect(bad.body.error.details.fields).toEqual([
      { path: 'version', code: 'invalid_type', message: 'Invalid input: expected number, received string' },
      { path: 'itemLimit', code: 'invalid_type', message: 'Invalid input: expected number, received string' },
    ]);
  });
});

describe('what is asked for', () => {
  test.each(['text/html', 'application/xml', 'image/*', 'application/jsonx'])(
    '%s is not to be had',
    async (accept) => {
      const answer = await fixture.send('/v1/things', { headers: { accept } });
      expect([answer.status, answer.body.error.code]).toEqual([406, 'NOT_ACCEPTABLE']);
    },
  );

  test.each(['*/*', 'application/json', 'Application/JSON', 'text/html, application/*;q=0.1', ''])(
    '%j is',
    async (accept) => {
      expect((await fixture.send('/v1/things', { headers: { accept } })).status).toBe(200);
    },
  );

  test('is spared when it is known already', async () => {
    for (const tag of ['"1"', 'W/"1"', '"0", "1"', '*']) {
      const answer = await fixture.send('/v1/things/wks_1', { headers: { 'if-none-match': tag } });
      expect([answer.status, answer.text, answer.headers.etag], tag).toEqual([304, '', '"1"']);
    }
    const head = { method: 'HEAD', headers: { 'if-none-match': '"1"' } } as const;
    expect((await fixture.send('/v1/things/wks_1', head)).status).toBe(304);
    const other = await fixture.send('/v1/things/wks_1', { headers: { 'if-none-match': '"11"' } });
    expect([other.status, other.headers.etag]).toEqual([200, '"1"']);
  });
});

describe('a query', () => {
  test('is read as its schema says', async () => {
    await fixture.send('/v1/things?limit=7&showDeleted=false');
    expect(fixture.services.seen.input).toEqual({ limit: 7, showDeleted: false });
    await fixture.send(`${things}?limit=7&show_deleted=true`);
    expect(fixture.services.seen.input).toEqual({ limit: 7, showDeleted: true });
  });

  test.each([
    ['limit=1&limit=2', 'limit'],
    ['showDeleted=0', 'showDeleted'],
    ['limit=', 'limit'],
    ['limit=101', 'limit'],
    ['show_deleted=true', 'show_deleted'],
    ['__proto__=1', '__proto__'],
    ['constructor=1', 'constructor'],
  ])('of %s is refused, by name', async (query, path) => {
    const answer = await fixture.send(`/v1/things?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.error.details.fields).toEqual([expect.objectContaining({ path })]);
    expect(answer.text).not.toContain('by the path');
  });

  test('has one spelling in each dialect', async () => {
    const answer = await fixture.send(`${things}?showDeleted=true`);
    expect(answer.status).toBe(400);
    expect(answer.body.error.field_errors).toEqual([expect.objectContaining({ path: 'showDeleted' })]);
  });

  test('has no place beside a body', async () => {
    const answer = await fixture.send('/v1/things?displayName=x', { method: 'POST', body: {} });
    expect(answer.body.error.details.fields).toEqual([
      { path: 'displayName', code: 'unknown_field', message: 'is not a known query parameter' },
    ]);
  });
});

describe('a body', () => {
  test('may be left out', async () => {
    const answer = await fixture.send('/v1/things/once', { method: 'POST' });
    expect(answer.status).toBe(200);
    expect((await fixture.send('/v1/things/once', json(''))).status).toBe(200);
    expect((await fixture.send('/v1/things/once', json(' \n'))).status).toBe(200);
  });

  test.each(['application/json; charset=utf-8', 'application/vnd.api+json', 'APPLICATION/JSON'])(
    'is read as %s',
    async (type) => {
      const body = JSON.stringify({ displayName: 'x' });
      const answer = await fixture.send('/v1/things', {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      });
      expect(answer.status).toBe(201);
    },
  );

  test.each(['text/plain', 'application/xml', 'application/jsonx', 'multipart/form-data; boundary=x'])(
    'is not read as %s',
    async (type) => {
      const answer = await fixture.send('/v1/things', {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': type },
      });
      expect([answer.status, answer.body.error.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    },
  );

  test('is not read as a form, but where it may be one', async () => {
    const form = (body: string) =>
      ({ method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }) as const;
    expect((await fixture.send('/v1/things', form('displayName=x'))).status).toBe(415);
    const token = await fixture.send('/v1/auth/token', form('grant_type=password&username=ann+b%26'));
    expect(token.status).toBe(200);
    expect(fixture.services.seen.input).toEqual({ grant_type: 'password', username: 'ann b&' });
    const twice = await fixture.send('/v1/auth/token', form('grant_type=password&username=a&username=b'));
    expect([twice.status, twice.body.error.code]).toEqual([400, 'INVALID_REQUEST']);
    const hostile = await fixture.send(
      '/v1/auth/token',
      form(Array.from({ length: 150_000 }, (_, i) => i).join('&')),
    );
    expect(hostile.status).toBe(400);
    expect(hostile.text.length).toBeLessThan(20_000);
  });

  test('is refused when it is no object', async () => {
    for (const body of ['[]', '"x"', '1', 'true', 'null']) {
      const answer = await fixture.send('/v1/things', json(body));
      expect([answer.status, answer.body.error.code], body).toEqual([400, 'VALIDATION_FAILED']);
    }
  });

  test.each(['{', '{"a":1}}', 'nope', '{"displayName":"x","__proto__":{"a":1}}', '{"a":01}'])(
    'is refused when it is no JSON: %s',
    async (body) => {
      const answer = await fixture.send('/v1/things', json(body));
      expect([answer.status, answer.body.error.code]).toEqual([400, 'MALFORMED_JSON']);
    },
  );

  test('is refused when it is not UTF-8', async () => {
    const answer = await request(`${fixture.url}/v1/things`, {
      method: 'POST',
      body: Buffer.from('{"displayName":"caf\xe9"}', 'latin1'),
      headers: { 'content-type': 'application/json', [HEADERS.passport]: await fixture.passport() },
    });
    expect(answer.statusCode).toBe(400);
    expect(await answer.body.json()).toMatchObject({ error: { code: 'MALFORMED_JSON' } });
  });

  test('is refused where it holds a text that cannot be stored, by the name of the field', async () => {
    const body = { display_name: 'a\u0000b', access_rules: [{ rule_name: '\ud800' }] };
    const answer = await fixture.send(things, { method: 'POST', body });
    expect(answer.status).toBe(400);
    const paths = answer.body.error.field_errors.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(['display_name', 'access_rules.0.rule_name']);
  });

  test('is 32 levels deep at most', async () => {
    const body = (levels: number) => `{"displayName":"[[{","userSettings":{"a":${nested(levels - 2)}}}`;
    expect((await fixture.send('/v1/things', json(body(32)))).status).toBe(201);
    const answer = await fixture.send('/v1/things', json(body(33)));
    expect([answer.status, answer.body.error.code]).toEqual([400, 'JSON_TOO_DEEP']);
  });

  test('is a mebibyte at most', async () => {
    const body = (bytes: number) => `{"displayName":"x"${' '.repeat(bytes - 19)}}`;
    expect((await fixture.send('/v1/things', json(body(1024 * 1024)))).status).toBe(201);
    const answer = await fixture.send('/v1/things', json(body(1024 * 1024 + 1)));
    expect([answer.status, answer.body.error.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('gives nothing that the path or a header gives already', async () => {
    const path = '/v1/things/wks_1/versions/7';
    for (const body of [{ thingId: 'wks_2' }, { version: 7 }, { ifMatch: '"1"' }]) {
      const answer = await fixture.send(path, { method: 'PATCH', body });
      expect(answer.status).toBe(400);
      expect(answer.body.error.details.fields[0].path).toBe(Object.keys(body)[0]);
    }
    await fixture.send(path, { method: 'PATCH', body: {}, headers: { 'if-match': '"1"' } });
    expect(fixture.services.seen.input).toEqual({ thingId: 'wks_1', version: 7, ifMatch: '"1"' });
  });

  test('is spelt as its dialect is, and keeps what the user put in it', async () => {
    const user_settings = { snake_key: 1, camelKey: { displayName: 2 } };
    const body = { display_name: 'x', user_settings, access_rules: [{ rule_name: 'r' }] };
    const answer = await fixture.send(things, { method: 'POST', body });
    expect(answer.status).toBe(201);
    expect(fixture.services.seen.input).toMatchObject({
      userSettings: user_settings,
      accessRules: [{ ruleName: 'r' }],
    });
    expect(answer.body.data).toMatchObject(body);
    const bad = await fixture.send(things, { method: 'POST', body: { access_rules: [{ rule_name: 1 }] } });
    expect(bad.body.error.field_errors.map(({ path }: { path: string }) => path)).toEqual([
      'display_name',
      'access_rules.0.rule_name',
    ]);
  });
});

describe('an answer', () => {
  test('is dressed as its dialect is', async () => {
    const created = await fixture.send('/v1/things', { method: 'POST', body: { displayName: 'x' } });
    expect([created.status, created.headers.location, created.headers.etag]).toEqual([
      201,
      `/v1/things/${A_THING.thingId}`,
      '"1"',
    ]);
    expect((await fixture.send(things)).body).toMatchObject({
      data: [{ thing_id: A_THING.thingId, user_settings: A_THING.userSettings }],
      meta: { request_id: expect.any(String), cursor: 'next', has_more: true },
    });
    expect((await fixture.send('/api/v1/deployments/things?offset=20&limit=5')).body).toMatchObject({
      data: { all_things: [{ thing_id: A_THING.thingId }] },
      pagination: { offset: 20, limit: 5, total: 1 },
    });
  });

  test('of 204 is empty', async () => {
    const answer = await fixture.send('/v1/things/wks_1', { method: 'DELETE' });
    expect([answer.status, answer.text]).toEqual([204, '']);
  });

  test('says when it is a stored one', async () => {
    const answer = await fixture.send('/v1/things/once', { method: 'POST' });
    expect(answer.headers).toMatchObject({
      'x-idempotency-replayed': 'true',
      'x-idempotency-original-request-id': 'corr-of-the-first',
      'x-idempotency-expires': 'Fri, 02 Jan 2026 00:00:00 GMT',
    });
    expect(answer.headers).not.toHaveProperty('x-idempotency-body');
    expect(answer.headers).not.toHaveProperty('preference-applied');
    expect(fixture.lines.find(({ operation }) => operation === 'thing.replay')).toMatchObject({
      replayed: true,
    });
    expect((await fixture.send('/v1/things')).headers).not.toHaveProperty('x-idempotency-replayed');
  });

  test('of a secret is kept by no cache, and says in every dialect when it is gone', async () => {
    fixture.services.act = () => ({ signingSecret: 'whsec_canary' });
    const first = await fixture.send('/v1/things/secrets', { method: 'POST', body: {} });
    expect([first.status, first.headers['cache-control']]).toEqual([201, 'no-store']);
    expect(first.body).toEqual({ signingSecret: 'whsec_canary' });
    fixture.services.act = () => ({ signingSecret: null, secretState: 'delivered_or_expired' });
    const late = await fixture.send(`${things}/secrets`, { method: 'POST', body: {} });
    expect(late.body.data).toEqual({ signing_secret: null, secret_state: 'delivered_or_expired' });
  });

  test('of a secret that nothing sealed is a fault, which does not show it', async () => {
    fixture.services.act = () => ({ signingSecret: new Secret('whsec_canary') });
    const answer = await fixture.send('/v1/things/secrets', { method: 'POST', body: {} });
    expect(answer.status).toBe(500);
    expect(answer.text + JSON.stringify(fixture.lines)).not.toContain('canary');
  });

  test('carries the correlation id that came, or one of its own', async () => {
    const given = await fixture.send('/v1/things', { headers: { [HEADERS.correlationId]: 'corr-1234' } });
    expect(given.headers[HEADERS.correlationId]).toBe('corr-1234');
    for (const id of ['short', 'with space', '']) {
      const answer = await fixture.send('/v1/things', { headers: { [HEADERS.correlationId]: id } });
      expect(answer.headers[HEADERS.correlationId]).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe('a caller', () => {
  test('is known by a passport alone', async () => {
    const nobody = await fixture.send('/v1/things', { caller: null, headers: { authorization: 'Bearer x' } });
    expect([nobody.status, nobody.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    const foreign = { [HEADERS.passport]: await fixture.passport(owner, 'gateway') };
    expect((await fixture.send('/v1/things', { caller: null, headers: foreign })).status).toBe(401);
  });

  test('finds only its own organization in the path', async () => {
    const answer = await fixture.send('/api/v1/organizations/org_other/things');
    expect([answer.status, answer.body.error.details.code]).toEqual([404, 'ORGANIZATION_NOT_FOUND']);
  });

  test('that is refused for lack of a right is told, and reported', async () => {
    const viewer = testMember('viewer');
    const answer = await fixture.send('/v1/things', {
      method: 'POST',
      body: { displayName: 'x' },
      caller: viewer,
    });
    expect([answer.status, answer.body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
    const challenge = 'Bearer error="insufficient_scope", scope="workspaces:write"';
    expect(answer.headers['www-authenticate']).toBe(challenge);
    const typed = await fixture.send('/trpc/tenancy/thing.create', {
      method: 'POST',
      body: { displayName: 'x' },
      caller: viewer,
    });
    expect([typed.status, typed.headers['www-authenticate']]).toEqual([403, challenge]);
    fixture.refusals.pop();
    expect(fixture.refusals).toEqual([
      {
        call: expect.objectContaining({
          operation: 'thing.create',
          caller: expect.objectContaining({ id: viewer.id }),
        }),
        error: expect.objectContaining({ code: 'PERMISSION_DENIED' }),
      },
    ]);
    expect(fixture.services.seen.input).toBeUndefined();
  });

  test('that is not allowed learns so before its input is looked at', async () => {
    const answer = await fixture.send('/v1/things', {
      method: 'POST',
      body: { wrong: 1 },
      caller: testMember('viewer'),
    });
    expect(answer.status).toBe(403);
  });

  test.each(['a b', '""', 'k'.repeat(256), 'two, keys'])(
    'may not send the idempotency key %.12j',
    async (key) => {
      const headers = { [HEADERS.idempotencyKey]: key };
      const answer = await fixture.send('/v1/things', {
        method: 'POST',
        body: { displayName: 'x' },
        headers,
      });
      expect([answer.status, answer.body.error.code]).toEqual([400, 'IDEMPOTENCY_KEY_INVALID']);
      expect((await fixture.send('/v1/things', { headers })).status).toBe(200);
    },
  );
});

describe('a fault of ours', () => {
  const paths = ['/v1/things', things, '/trpc/tenancy/thing.list?input={}'];

  test.each(paths)('is told as such and no more: %s', async (path) => {
    fixture.services.act = () => {
      throw new Error('canary-message', { cause: new Error('canary-cause') });
    };
    const answer = await fixture.send(path, { headers: { [HEADERS.correlationId]: 'corr-fault' } });
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('Internal server error');
    expect(answer.text + JSON.stringify(answer.headers)).not.toMatch(/canary|\.ts/);
    const faults = fixture.lines.filter(({ level }) => level === 50);
    expect(faults).toEqual([
      expect.objectContaining({
        correlationId: 'corr-fault',
        err: expect.objectContaining({ stack: expect.any(String) }),
      }),
    ]);
    expect(JSON.stringify(faults)).toContain('canary-message');
    expect(JSON.stringify(faults)).toContain('canary-cause');
  });

  test('is an answer too that is not what was promised', async () => {
    fixture.services.act = () => {
      Object.defineProperty(A_THING, 'displayName', { value: 7, configurable: true, enumerable: true });
    };
    const answer = await fixture.send('/v1/things/wks_1');
    Object.defineProperty(A_THING, 'displayName', { value: 'A thing', configurable: true, enumerable: true });
    expect(answer.status).toBe(500);
    expect(answer.body.error).not.toHaveProperty('details');
  });
});

describe('a caller that leaves', () => {
  test('aborts what it asked for', async () => {
    const [entered, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    fixture.services.act = () => {
      entered.resolve();
      return gate.promise;
    };
    const leaving = new AbortController();
    const headers = { [HEADERS.passport]: await fixture.passport() };
    const asked = request(`${fixture.url}/v1/things/wks_1`, { headers, signal: leaving.signal });
    await entered.promise;
    expect(fixture.services.seen.signal?.aborted).toBe(false);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => fixture.services.seen.signal?.aborted).toBe(true);
    gate.resolve();
    await expect
      .poll(() => fixture.lines)
      .toEqual([expect.objectContaining({ msg: 'request', operation: 'thing.get', status: 499 })]);
  });

  test('is no fault of ours in the log, where what it asked for was given up', async () => {
    const entered = Promise.withResolvers<void>();
    fixture.services.act = async () => {
      entered.resolve();
      const { signal } = fixture.services.seen;
      await expect.poll(() => signal?.aborted).toBe(true);
      signal?.throwIfAborted();
    };
    const leaving = new AbortController();
    const headers = { [HEADERS.passport]: await fixture.passport() };
    const asked = request(`${fixture.url}/v1/things/wks_1`, { headers, signal: leaving.signal });
    await entered.promise;
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await expect
      .poll(() => fixture.lines)
      .toContainEqual(expect.objectContaining({ level: 30, msg: 'given up, for the caller has left' }));
    expect(fixture.lines.filter(({ level }) => Number(level) > 30)).toEqual([]);
  });

  test('amid its own body is no fault of ours in the log', async () => {
    const { port } = fixture.app.server.address() as AddressInfo;
    const passport = await fixture.passport();
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST /v1/things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\nexpect: 100-continue\r\n${HEADERS.passport}: ${passport}\r\n\r\n`,
    );
    // Who is told to go on has been understood so far.
    await once(socket, 'data');
    socket.write('{"a"', () => socket.destroy());
    await expect
      .poll(() => fixture.lines)
      .toContainEqual(expect.objectContaining({ msg: 'request', status: 499 }));
    expect(fixture.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});

test('each listener has its limits', () => {
  const { headersTimeout, requestTimeout, keepAliveTimeout, maxConnections } = fixture.app.server;
  expect({ headersTimeout, requestTimeout, keepAliveTimeout, maxConnections }).toEqual({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    maxConnections: 10_000,
  });
});

test('each request is one line in the log and one observation', async () => {
  await fixture.send('/v1/things/wks_1', { headers: { [HEADERS.correlationId]: 'corr-line' } });
  const line = {
    correlationId: 'corr-line',
    operation: 'thing.get',
    route: '/v1/things/:thingId',
    status: 200,
  };
  await expect.poll(() => fixture.lines).toEqual([expect.objectContaining({ ...line, caller: owner.id })]);
  expect(await fixture.metrics.registry.metrics()).toContain(
    'route="/v1/things/:thingId",method="GET",status="200"',
  );
});

test('the document is open to whoever reaches the port', async () => {
  const answer = await fixture.send('/openapi.json', { caller: null });
  expect(answer.status).toBe(200);
  expect(answer.body.paths).toHaveProperty('/v1/things');
});

test('every log line holds the correlation and the trace of its request', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  await fixture.send('/v1/nothing', { headers: { [HEADERS.correlationId]: 'corr-of-mine', traceparent } });
  await expect.poll(() => fixture.lines.length).toBeGreaterThan(1);
  for (const line of fixture.lines) expect(line).toMatchObject({ correlationId: 'corr-of-mine', traceId });
});

describe('a caller who prefers to wait', () => {
  const create = {
    method: 'POST',
    body: { displayName: 'x' },
    headers: { 'idempotency-key': 'held', prefer: 'wait=30' },
  } as const;

  /** A fixture whose procedure is at work, holding the caller. */
  async function startHolding() {
    const service = await startFixture();
    const begun = Promise.withResolvers<AbortSignal>();
    const gate = Promise.withResolvers<void>();
    service.services.act = async () => {
      const { patience } = service.services.seen;
      if (patience?.seconds === 30) begun.resolve(patience.signal);
      await gate.promise;
    };
    return { service, begun: begun.promise, finish: gate.resolve };
  }

  test('is held as long as it stays', async () => {
    const { service, begun, finish } = await startHolding();
    const leaving = new AbortController();
    const left = request(`${service.url}/v1/things`, {
      method: 'POST',
      signal: leaving.signal,
      body: JSON.stringify(create.body),
      headers: {
        ...create.headers,
        'content-type': 'application/json',
        [HEADERS.passport]: await service.passport(),
      },
    }).catch(() => 'left');
    const signal = await begun;
    await sleep(100);
    expect(signal.aborted).toBe(false);
    leaving.abort();
    expect(await left).toBe('left');
    await expect.poll(() => signal.aborted).toBe(true);
    finish();
    await service.close();
  });

  test('is let go by a service that stops', async () => {
    const { service, begun, finish } = await startHolding();
    const answer = service.send('/v1/things', create);
    const signal = await begun;
    expect(signal.aborted).toBe(false);
    const closing = service.close();
    await expect.poll(() => signal.aborted).toBe(true);
    finish();
    expect((await answer).status).toBe(201);
    await closing;
  });
});
