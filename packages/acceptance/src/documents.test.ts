import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { API_VERSIONS, documentPathOf, NEWEST_VERSION } from '@plinth/contracts';
import { breakingChanges, explainBreakingChanges } from '@plinth/testing';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { as, call, gatewayUrl, platform, tokenOf } from './api.ts';

const ROOT = join(import.meta.dirname, '../../..');
const committed = (version: string): string => join(ROOT, `openapi/${version}.json`);

async function served(path: string): Promise<{ type: string | null; text: string }> {
  const response = await fetch(`${gatewayUrl()}${path}`);
  return { type: response.headers.get('content-type'), text: await response.text() };
}

/** The address of an installation is its own. */
const withoutServers = ({ servers: _, ...document }: Record<string, unknown>) => document;

describe.each(API_VERSIONS)('the document of %s', (version) => {
  const read = async () => JSON.parse((await served(documentPathOf(version))).text);
  const readCommitted = async () => JSON.parse(await readFile(committed(version), 'utf8'));

  test('breaks nobody who uses it', async () => {
    const broken = breakingChanges(await readCommitted(), await read());
    expect(broken, explainBreakingChanges(version, broken)).toEqual([]);
  });

  test('is the committed one: `npm run documents` writes it anew', async () => {
    const document = await read();
    expect(document.info.version).toBe(version);
    expect(withoutServers(document)).toEqual(withoutServers(await readCommitted()));
  });
});

describe('the document', () => {
  test('is that of the newest version, unless another is asked for', async () => {
    const newest = await served(documentPathOf(NEWEST_VERSION));
    expect(await served('/openapi.json')).toEqual(newest);
  });

  test.each(['/openapi.json', '/openapi.yaml'])('%s of a version that never was is a 400', async (path) => {
    for (const asked of ['2024-06-30', 'latest', '', '2024-01-01&version=2024-01-01']) {
      const { status, body } = await call('GET', `${path}?version=${asked}`);
      expect([status, body.error.code, body.error.details.versions], asked).toEqual([
        400,
        'API_VERSION_UNSUPPORTED',
        API_VERSIONS,
      ]);
    }
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
      ['lint', '--extends=recommended', ...API_VERSIONS.map(committed)],
      options,
    );
    expect(`${stdout}${stderr}`).not.toMatch(/warning|error/i);
  });
});

describe('what is served and what is listed', () => {
  test('every listed operation is there', async () => {
    const { paths } = JSON.parse((await served('/openapi.json')).text);
    const { get, post, put, patch, remove } = await as('owner');
    const send: Record<string, typeof get | undefined> = { get, post, put, patch, delete: remove };
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
      expect(isListed ? [200, 400, 404] : [404, 405], `PUT ${path}`).toContain(status);
    }
  });
});

test('the reference page comes with a strict policy and nothing from elsewhere', async () => {
  const response = await fetch(`${gatewayUrl()}/docs`);
  const html = await response.text();
  expect(response.status).toBe(200);
  expect(response.headers.get('content-security-policy')).toMatch(/script-src 'self'/);
  expect(html).not.toMatch(/(?:src|href)="https?:/);
  for (const [, asset] of html.matchAll(/src="([^"]+)"/g)) {
    expect((await fetch(new URL(asset ?? '', `${gatewayUrl()}/docs`))).status).toBe(200);
  }
});

test('the front door leads to the reference', async () => {
  const response = await fetch(gatewayUrl(), { redirect: 'manual' });
  expect([301, 302, 303, 307, 308]).toContain(response.status);
  expect(response.headers.get('location')).toBe('/docs');
});
