import { writeApiKey } from '@plinth/contracts';
import { describe, expect, test } from 'vitest';
import { createLineBuffer } from './line-buffer.ts';
import { createLogger } from './logging.ts';

function logged(details: object): string {
  let text = '';
  const output = createLineBuffer((lines) => {
    text += lines;
  });
  const log = createLogger({
    name: 'tenancy',
    level: 'info',
    output,
  });
  log.info(details, 'something happened');
  output.flush();
  return text;
}

describe('a log line', () => {
  test('says which service it is of, and keeps what is no secret', () => {
    const line = JSON.parse(logged({ correlationId: 'corr-1', tenant: { id: 'tnt_1' } }));
    expect(line).toMatchObject({ service: 'tenancy', correlationId: 'corr-1', tenant: { id: 'tnt_1' } });
  });

  test.each([
    'authorization',
    'Authorization',
    'cookie',
    'set-cookie',
    'password',
    'secret',
    'token',
    'passport',
    'key',
    'access_token',
    'refresh_token',
    'client_secret',
    'accessToken',
    'refreshToken',
    'clientSecret',
    'apiKey',
    'api_key',
    'x-plinth-passport',
    'x-plinth-service',
    'connectionString',
  ])('never holds what is called %s, at any of three depths', (name) => {
    const canary = 'canary-value';
    for (const details of [
      { [name]: canary },
      { headers: { [name]: canary } },
      { request: { headers: { [name]: canary } } },
      { attempts: [{ headers: { [name]: canary } }] },
      { err: Object.assign(new Error('failed'), { details: { [name]: canary } }) },
    ]) {
      expect(logged(details)).not.toContain(canary);
    }
  });
});

test('an API key is cut wherever it stands', () => {
  const key = writeApiKey({
    owner: 'member',
    stage: 'live',
    id: '0123456789AB',
    secret: 'canary'.padEnd(43, 'x'),
  });
  for (const details of [
    { url: `/v1/tenants/${key}` },
    { err: new Error(`first\n${key} is no tenant`, { cause: new Error(key) }) },
    { correlationId: key, [key]: [key] },
  ]) {
    expect(logged(details)).not.toContain('canary');
    expect(logged(details)).toContain('bpk_live_0123456789AB_…');
  }
});

test('an error is logged with its stack and its causes', () => {
  const line = JSON.parse(logged({ err: new Error('outer', { cause: new Error('inner') }) }));
  expect(line.err).toMatchObject({ type: 'Error', message: 'outer: inner' });
  expect(line.err.stack).toContain('logging.test.ts');
});

test('a line is written of what is no plain object too', () => {
  const line = JSON.parse(
    logged({ at: new Date(0), list: [1, null, 'x'], none: undefined, error: new Error('x') }),
  );
  expect(line).toMatchObject({ at: '1970-01-01T00:00:00.000Z', list: [1, null, 'x'] });
});
