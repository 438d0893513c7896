import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { flag, list, parseEnv, processSettings, SettingsError, urls } from './env.ts';

const complete = {
  PLINTH_MASTER_KEY: 'v1:abc',
  SERVICE_KEYS_FILE: '/keys/own.json',
  TRUSTED_KEYS_FILE: '/keys/all.json',
};

function complaint(schema: z.ZodType, env: Record<string, string>): string {
  try {
    parseEnv(schema, env);
  } catch (thrown) {
    if (thrown instanceof SettingsError) return thrown.message;
    throw thrown;
  }
  throw new Error('the settings were accepted');
}

describe('parseEnv', () => {
  test('fills in the defaults', () => {
    expect(parseEnv(z.object(processSettings), complete)).toEqual({
      ...complete,
      HOST: '127.0.0.1',
      PORT: 0,
      INTERNAL_PORT: 0,
      SHUTDOWN_DELAY_MS: 3_000,
      LOG_LEVEL: 'info',
    });
  });

  test('takes an empty value for none, and passes over what it does not know', () => {
    const settings = parseEnv(z.object(processSettings), {
      ...complete,
      PORT: '',
      HOST: '',
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
      PATH: '/bin',
    });
    expect(settings).toMatchObject({ HOST: '127.0.0.1', PORT: 0 });
    expect(settings).not.toHaveProperty('PATH');
  });

  test('names all that is missing or wrong at once, and never a value', () => {
    const message = complaint(z.object({ ...processSettings, SIGNUPS: z.enum(['open', 'closed']) }), {
      PORT: 'canary-port',
      INTERNAL_PORT: '70000',
      LOG_LEVEL: 'canary-level',
      PLINTH_MASTER_KEY: '',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'canary-endpoint',
      SIGNUPS: 'canary-signups',
    });
    for (const name of [
      'PORT',
      'INTERNAL_PORT',
      'LOG_LEVEL',
      'PLINTH_MASTER_KEY: is required',
      'SERVICE_KEYS_FILE: is required',
      'TRUSTED_KEYS_FILE: is required',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'SIGNUPS',
    ]) {
      expect(message).toContain(`\n  ${name}`);
    }
    expect(message).not.toContain('canary');
    expect(message).not.toContain('70000');
  });

  test('says plainly what is no number', () => {
    expect(complaint(z.object(processSettings), { ...complete, PORT: 'http' })).toContain(
      'PORT: has to be a number',
    );
  });

  test('shows no secret that is malformed', () => {
    const secret = z.string().regex(/^v1:/);
    expect(complaint(z.object({ KEY: secret }), { KEY: 'canary-secret' })).not.toContain('canary');
  });
});

test.each([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
  ['', true],
])('a flag of %j is %s', (given, expected) => {
  expect(parseEnv(z.object({ FLAG: flag(true) }), { FLAG: given })).toEqual({ FLAG: expected });
});

test('a flag is spelt in one way, and has the default that it was given', () => {
  expect(complaint(z.object({ FLAG: flag(true) }), { FLAG: 'yes' })).toContain('FLAG');
  expect(parseEnv(z.object({ FLAG: flag(false) }), {})).toEqual({ FLAG: false });
});

test('a list is separated by commas, and empty items do not count', () => {
  const schema = z.object({ LIST: list() });
  expect(parseEnv(schema, { LIST: ' a, b ,,c,' })).toEqual({ LIST: ['a', 'b', 'c'] });
  expect(parseEnv(schema, {})).toEqual({ LIST: [] });
});

test('every setting of a process is described', () => {
  for (const [name, schema] of Object.entries(processSettings)) {
    expect(z.globalRegistry.get(schema)?.description, name).toMatch(/\.$/);
  }
});

test('a service is at one URL or, with commas between them, at several', () => {
  const schema = z.object({ TENANCY_URL: urls() });
  expect(parseEnv(schema, { TENANCY_URL: 'http://a:1' })).toEqual({ TENANCY_URL: ['http://a:1'] });
  const both = parseEnv(schema, { TENANCY_URL: 'http://a:1, http://b:2' });
  expect(both).toEqual({ TENANCY_URL: ['http://a:1', 'http://b:2'] });
  for (const wrong of ['http://a:1,b', ',', 'tenancy']) {
    expect(() => parseEnv(schema, { TENANCY_URL: wrong })).toThrow('TENANCY_URL: is a URL, or several');
  }
});
