import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fixture, startFixture } from '../testing/fixture-service.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.close());

test('an operation that is to go says so in every answer, and still works', async () => {
  for (const [query, status] of [
    ['', 200],
    ['?unknown=1', 400],
  ] as const) {
    const { headers, ...answer } = await fixture.send(`/v1/things/former${query}`);
    expect([answer.status, headers.deprecation, headers.sunset]).toEqual([
      status,
      '@1767225600',
      'Tue, 01 Jan 2999 00:00:00 GMT',
    ]);
    expect(headers.link).toContain('</v1/things/once>; rel="successor-version"');
  }
});

test('after its day it is gone, and names what to use instead', async () => {
  const { status, body, headers } = await fixture.send('/v1/things/bygone');
  expect([status, body.error.code]).toEqual([410, 'OPERATION_RETIRED']);
  expect(body.error.details).toEqual({ sunset: '2025-01-01', successor: '/v1/things/once' });
  expect(headers.link).toContain('rel="successor-version"');
});

test('others say nothing of the kind', async () => {
  const { headers } = await fixture.send('/v1/things');
  expect([headers.deprecation, headers.sunset, headers.link]).toEqual([undefined, undefined, undefined]);
});

test('the document marks it, and is there for each version', async () => {
  const { body } = await fixture.send('/openapi.json');
  const { get } = body.paths['/v1/things/former'];
  expect(get.deprecated).toBe(true);
  expect(Object.keys(get.responses)).toContain('410');
  expect(Object.keys(get.responses[200].headers)).toEqual(
    expect.arrayContaining(['Deprecation', 'Sunset', 'Link']),
  );
  expect(body.paths['/v1/things'].get).not.toHaveProperty('deprecated');
  expect(body.info.version).toBe('2026-11-01');

  const older = await fixture.send('/openapi.json?version=2024-01-01');
  expect(older.body.info.version).toBe('2024-01-01');
  expect(older.body.components.parameters.ApiVersion.example).toBe('2024-01-01');
  for (const asked of ['2024-06-30', '', 'latest', '2024-01-01&version=2024-01-01']) {
    const unknown = await fixture.send(`/openapi.json?version=${asked}`);
    expect([unknown.status, unknown.body.error.code], asked).toEqual([400, 'API_VERSION_UNSUPPORTED']);
  }
});
