import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADA, CALLBACK, startTestIssuer, type TestIssuer } from './issuer.test-server.ts';

let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startTestIssuer();
});

afterAll(async () => {
  await issuer.stop();
  expect(issuer.problems).toEqual([]);
});

/** A browser: follows redirects and keeps cookies, until it would leave the issuer. */
function createBrowser() {
  const jar = new Map<string, { value: string; path: string }>();
  async function visit(url: string, form?: Record<string, string>): Promise<{ url: string; page: Response }> {
    const { pathname } = new URL(url);
    const sent = [...jar].filter(([, { path }]) => pathname.startsWith(path));
    const page = await fetch(url, {
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; '),
      },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const cookie of page.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      jar.set(name, { value, path: /path=([^;]+)/i.exec(cookie)?.[1] ?? '/' });
    }
    const next = page.headers.get('location');
    if (next === null) return { url, page };
    const target = new URL(next, url).href;
    return target.startsWith(issuer.base) ? visit(target) : { url: target, page };
  }
  return { jar, visit };
}

function authorizationRequest(more: Record<string, string> = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: 'plinth-console',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid email',
    state: 'the state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  return { url: `${issuer.connect}/auth?${query}`, verifier };
}

async function codeFor(browser = createBrowser()): Promise<{ code: string; code_verifier: string }> {
  const { url, verifier } = authorizationRequest();
  const form = await browser.visit(url);
  const done = form.url.startsWith(CALLBACK) ? form : await browser.visit(form.url, ADA);
  const answer = new URL(done.url).searchParams;
  expect(answer.get('state')).toBe('the state');
  return { code: answer.get('code') ?? '', code_verifier: verifier };
}

test('a browser signs in, and its code and verifier give tokens once', async () => {
  const browser = createBrowser();
  const { url, verifier } = authorizationRequest({ login_hint: '"><b>' });
  const form = await browser.visit(url);
  const html = await form.page.text();
  expect(form.page.status).toBe(200);
  expect(form.page.headers.get('content-security-policy')).toContain(
    `form-action 'self' ${new URL(CALLBACK).origin}; base-uri 'none'; frame-ancestors 'none'`,
  );
  expect(html).toContain('value="&quot;&gt;&lt;b&gt;"');
  expect(html).not.toContain('<script');

  const refused = await browser.visit(form.url, { ...ADA, password: 'wrong' });
  expect(refused.page.status).toBe(401);
  expect(await refused.page.text()).toContain('The e-mail address or the password is wrong.');

  const done = await browser.visit(form.url, ADA);
  expect(done.url).toContain(CALLBACK);
  const code = new URL(done.url).searchParams.get('code') ?? '';
  const tokens = await issuer.redeem({ code, code_verifier: verifier });
  expect(tokens.status).toBe(200);
  expect(decodeJwt(tokens.body.access_token ?? '')).toMatchObject({
    email: ADA.email,
    azp: 'plinth-console',
  });
  expect(decodeJwt(tokens.body.id_token ?? '')).toMatchObject({ email: ADA.email, typ: 'ID' });

  expect(await issuer.redeem({ code, code_verifier: verifier })).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant' },
  });
  expect((await issuer.refresh(tokens.body.refresh_token)).status).toBe(400);
});

test('a session signs in again without asking, until it signs out', async () => {
  const browser = createBrowser();
  const first = await codeFor(browser);
  const tokens = await issuer.redeem(first);
  const again = await browser.visit(authorizationRequest({ prompt: 'none' }).url);
  expect(new URL(again.url).searchParams.get('code')).toEqual(expect.any(String));

  const query = new URLSearchParams({
    id_token_hint: tokens.body.id_token ?? '',
    post_logout_redirect_uri: CALLBACK,
  });
  const page = await browser.visit(`${issuer.connect}/logout?${query}`);
  const html = await page.page.text();
  const [, action = ''] = /action="([^"]+)"/.exec(html) ?? [];
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(html) ?? [];
  const out = await browser.visit(action, { xsrf, logout: 'yes' });
  expect(out.url).toBe(CALLBACK);
  expect((await issuer.refresh(tokens.body.refresh_token)).status).toBe(400);
  const refused = await browser.visit(authorizationRequest({ prompt: 'none' }).url);
  expect(new URL(refused.url).searchParams.get('error')).toBe('login_required');
});

test.each([
  { name: 'a wrong verifier', change: { code_verifier: randomBytes(32).toString('base64url') } },
  { name: 'another redirect URI', change: { redirect_uri: 'http://127.0.0.1:9/other' } },
])('a code is worth nothing with $name', async ({ change }) => {
  const answer = await issuer.redeem({ ...(await codeFor()), ...change });
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

test.each([
  { name: 'no challenge', change: { code_challenge: '', code_challenge_method: '' } },
  { name: 'a plain challenge', change: { code_challenge_method: 'plain' } },
])('a public client gets no code with $name', async ({ change }) => {
  const { url } = await createBrowser().visit(authorizationRequest(change).url);
  expect(new URL(url).searchParams.get('error')).toBe('invalid_request');
});

test('no code goes to an unregistered redirect URI, and the page is nobody else’s', async () => {
  const stranger = await createBrowser().visit(
    authorizationRequest({ redirect_uri: 'http://evil.test/' }).url,
  );
  expect(stranger.page.status).toBe(400);
  expect(stranger.url).toContain(issuer.connect);

  const form = await createBrowser().visit(authorizationRequest().url);
  const elsewhere = await createBrowser().visit(form.url, ADA);
  expect(elsewhere.page.status).toBe(400);
  expect(await elsewhere.page.text()).toContain('This sign-in has expired.');
});

test('behind https every cookie is Secure, and no other URL is believed', async () => {
  const secure = await issuer.make('https://plinth.example/realms/plinth');
  const server = createServer(secure.handle);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const { url } = authorizationRequest();
  const page = await fetch(
    `http://127.0.0.1:${port}/realms/plinth/protocol/openid-connect/auth${new URL(url).search}`,
    {
      redirect: 'manual',
      headers: { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'http' },
    },
  );
  secure.close();
  server.close();
  expect(page.headers.get('location')).toMatch(
    'https://plinth.example/realms/plinth/login-actions/authenticate/',
  );
  const cookies = page.headers.getSetCookie();
  expect(cookies.length).toBeGreaterThan(0);
  for (const cookie of cookies)
    expect(cookie).toMatch(/secure; httponly; samesite=lax|samesite=lax; secure; httponly/i);
});
