import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { as, call, platform, tokenOf } from './api.ts';

const ROOT = join(import.meta.dirname, '../../..');
const COMMITTED = join(ROOT, 'openapi.json');

async function served(path: string): Promise<{ type: string | null; text: string }> {
  const response = await fetch(`${platform.url}${path}`);
  return { type: response.headers.get('content-type'), text: await response.text() };
}

/** The address of an installation is its own. */
const withoutServers = ({ servers: _, ...document }: Record<string, unknown>) => document;

describe('the document', () => {
  test('is the committed one: `npm run documents` writes it anew', async () => {
    const { text } = await served('/openapi.json');
    const committed = JSON.parse(await readFile(COMMITTED, 'utf8'));
    expect(withoutServers(JSON.parse(text))).toEqual(withoutServers(committed));
  });

  test('says the same in YAML', async () => {
    const [json, yaml] = await Promise.all([served('/openapi.json'), served('/openapi.yaml')]);
    expect(yaml.type).toContain('yaml');
    expect(parse(yaml.text)).toEqual(JSON.parse(json.text));
  });

  test('has nothing to be found by the recommended rules of redocly', async () => {
    const bin = join(ROOT, 'node_modules/.bin/redocly');
    const options = {
      cwd: ROOT,
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    };
    const { stdout, stderr } = await promisify(execFile)(
      bin,
      ['lint', '--extends=recommended', COMMITTED],
      options,
    );
    expect(`${stdout}${stderr}`).not.toMatch(/warning|error/i);
  });
});

describe('what is served and what is listed', () => {
  test('every listed operation is there', async () => {
    const { paths } = JSON.parse((await served('/openapi.json')).text);
    const { get, post, patch, remove } = await as('owner');
    const send: Record<string, typeof get | undefined> = { get, post, patch, delete: remove };
    for (const [path, item] of Object.entries<Record<string, unknown>>(paths)) {
      for (const method of Object.keys(item)) {
        const url = path.replace('{org_id}', platform.organizationId).replace(/\{\w+\}/g, 'none');
        const { status, body } = (await send[method]?.(url, method === 'get' ? {} : { body: {} })) ?? {
          status: 0,
          body: {},
        };
        expect([405, 501, 0], `${method} ${path}`).not.toContain(status);
        expect(body.error?.details?.code ?? body.error?.code, `${method} ${path}`).not.toBe('NOT_FOUND');
      }
    }
  });

  test('a method that is not listed is a 405', async () => {
    const { paths } = JSON.parse((await served('/openapi.json')).text);
    const token = await tokenOf('owner');
    for (const path of Object.keys(paths)) {
      const url = path.replace('{org_id}', platform.organizationId).replace(/\{\w+\}/g, 'none');
      const isListed = 'put' in paths[path];
      const { status } = await call('PUT', url, { token, body: {} });
      // A path that names a resource may find first that it is not there.
      expect(isListed ? [200] : [404, 405], `PUT ${path}`).toContain(status);
    }
  });
});

test('the reference page comes with a strict policy and nothing from elsewhere', async () => {
  const response = await fetch(`${platform.url}/docs`);
  const html = await response.text();
  expect(response.status).toBe(200);
  expect(response.headers.get('content-security-policy')).toMatch(/script-src 'self'/);
  expect(html).not.toMatch(/(?:src|href)="https?:/);
  for (const [, asset] of html.matchAll(/src="([^"]+)"/g)) {
    expect((await fetch(new URL(asset ?? '', `${platform.url}/docs`))).status).toBe(200);
  }
});

test('the front door leads to the reference', async () => {
  const response = await fetch(platform.url, { redirect: 'manual' });
  expect([301, 302, 303, 307, 308]).toContain(response.status);
  expect(response.headers.get('location')).toBe('/docs');
});
