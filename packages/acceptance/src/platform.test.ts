import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { call, platform } from './api.ts';

const bare = { 'x-api-version': null, 'x-correlation-id': null };

test('health needs nothing, and says how each part is', async () => {
  const { status, body, headers } = await call('GET', '/v1/platform/health', { headers: bare });
  expect(status).toBe(200);
  expect(headers.get('x-correlation-id')).toBeTruthy();
  expect(body.status).toBe('ok');
  const names = body.dependencies.map(({ name }: { name: string }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['tenancy', 'identity', 'tenancy.postgres', 'gateway.keys', 'gateway.limits']),
  );
  expect(body.dependencies.every(({ status: state }: { status: string }) => state === 'ok')).toBe(true);
});

test('info needs nothing, and says what stands behind each port', async () => {
  const { status, body } = await call('GET', '/v1/platform/info', { headers: bare });
  expect(status).toBe(200);
  expect(body).toMatchObject({ name: 'plinth', apiVersions: ['2024-01-01', '2026-11-01'] });
  expect(Object.keys(body.backends)).toEqual(expect.arrayContaining(['tenancy.postgres', 'gateway.limits']));
});

test('both give a correlation id back, and refuse a malformed one', async () => {
  const given = { ...bare, 'x-correlation-id': 'health-check-1' };
  const { headers } = await call('GET', '/v1/platform/health', { headers: given });
  expect(headers.get('x-correlation-id')).toBe('health-check-1');
  expect(
    (await call('GET', '/v1/platform/health', { headers: { ...bare, 'x-correlation-id': 'a b' } })).status,
  ).toBe(400);
});

const { home } = platform;

test.runIf(home)(
  'a script on this machine finds what it needs in a file that only its owner reads',
  async () => {
    const file = join(home ?? '', 'local.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      gateway: platform.url,
      organizationId: platform.organizationId,
      admin: platform.users.owner,
    });
  },
);
