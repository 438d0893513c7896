import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../test-gateway.ts';
import { docsRoutes } from './docs-routes.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ ownRoutes: docsRoutes() });
});
afterAll(() => gateway.close());

/** Node's own client: fetch would unpack the body. */
async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      const sent = request(`${gateway.url}${path}`, { method, headers }, (response) => {
        buffer(response).then(
          (body) => resolve({ status: response.statusCode, headers: response.headers, body }),
          reject,
        );
      });
      sent.on('error', reject);
      sent.end();
    },
  );
}

describe('the reference page', () => {
  it('is served with a policy that names nobody else', async () => {
    const { status, headers, body } = await get('/docs');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    expect(body.toString()).not.toMatch(/<script(?![^>]*src="\/docs\/)|https?:/);
  });

  it('finds every script that it names', async () => {
    const page = (await get('/docs')).body.toString();
    const scripts = [...page.matchAll(/<script [^>]*src="([^"]+)"/g)].map(([, source = '']) => source);
    expect(scripts).toHaveLength(2);
    for (const source of scripts) {
      const { status, headers } = await get(source, { 'accept-encoding': 'gzip' });
      expect({ source, status }).toEqual({ source, status: 200 });
      expect(headers).toMatchObject({
        'content-type': 'text/javascript; charset=utf-8',
        'x-content-type-options': 'nosniff',
      });
    }
  });

  it('sends the bundle small, to be kept, and not again', async () => {
    const plain = await get('/docs/scalar.js');
    expect(plain.headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable' });
    const brotli = await get('/docs/scalar.js', { 'accept-encoding': 'gzip, br' });
    const gzip = await get('/docs/scalar.js', { 'accept-encoding': 'gzip' });
    expect(brotli.headers).toMatchObject({ 'content-encoding': 'br' });
    expect(gzip.headers).toMatchObject({ 'content-encoding': 'gzip', etag: plain.headers.etag });
    expect(brotliDecompressSync(brotli.body).equals(plain.body)).toBe(true);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(brotli.body.length).toBeLessThan(plain.body.length / 3);

    const again = await get('/docs/scalar.js', { 'if-none-match': `"other", ${plain.headers.etag}` });
    expect(again).toMatchObject({ status: 304, headers: { etag: plain.headers.etag } });
    expect(again.body).toHaveLength(0);
  });

  it('answers HEAD without a body and refuses to be written to', async () => {
    const head = await get('/docs', {}, 'HEAD');
    expect(head).toMatchObject({ status: 200 });
    expect(head.body).toHaveLength(0);
    expect(await get('/docs', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });
});
