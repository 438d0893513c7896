import { createHash, randomBytes } from 'node:crypto';

// A browser that signs in at a provider: follows redirects and keeps cookies, until it would leave the issuer.

interface Page {
  url: string;
  response: Response;
}

function createBrowser(issuerUrl: string) {
  const cookies = new Map<string, string>();

  async function visit(url: string, form?: Record<string, string>): Promise<Page> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'text/html', cookie },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const next = response.headers.get('location');
    if (next === null) return { url, response };
    const target = new URL(next, url).href;
    return target.startsWith(issuerUrl) ? visit(target) : { url: target, response };
  }

  return visit;
}

/** Keycloak's form names where it goes; the embedded provider's goes where it came from. */
async function actionOf({ url, response }: Page): Promise<string> {
  const [, action] = /<form[^>]* action="([^"]+)"/.exec(await response.text()) ?? [];
  return action?.replaceAll('&amp;', '&') ?? url;
}

/** What `POST /v1/auth/token` takes after a sign-in in the browser. */
export async function signInByBrowser(
  issuerUrl: string,
  redirect_uri: string,
  { email, password }: { email: string; password: string },
  client_id = 'plinth-console',
) {
  const visit = createBrowser(issuerUrl);
  const code_verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id,
    response_type: 'code',
    redirect_uri,
    scope: 'openid email',
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const form = await visit(`${issuerUrl}/protocol/openid-connect/auth?${query}`);
  const done = await visit(await actionOf(form), { email, username: email, password });
  const code = new URL(done.url).searchParams.get('code') ?? '';
  return { grant_type: 'authorization_code', client_id, code, code_verifier, redirect_uri } as const;
}
