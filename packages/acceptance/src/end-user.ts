import { as, call, type Request } from './api.ts';
import type { Realm } from './realm.ts';

/** Somebody of a tenant's own realm: a client with tokens of its own, which every provider can make. */
export interface EndUser {
  token: string;
  /** As policies know it. */
  subject: string;
  clientId: string;
  get(path: string): ReturnType<typeof call>;
  send(method: string, path: string, body: unknown, headers?: Request['headers']): ReturnType<typeof call>;
}

async function tokenEndpointOf({ issuer }: Realm): Promise<string> {
  const configuration = await fetch(`${issuer}/.well-known/openid-configuration`);
  return JSON.parse(await configuration.text()).token_endpoint;
}

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

export async function newEndUser(realm: Realm, name: string): Promise<EndUser> {
  const { post } = await as('owner');
  const body = { name, type: 'confidential', clientCredentials: true };
  const client = await post(`/v1/iam/realms/${realm.id}/clients`, { body });
  if (client.status !== 201) throw new Error(JSON.stringify(client.body));
  const { id: clientId, clientSecret } = client.body;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  });
  const answer = await fetch(await tokenEndpointOf(realm), { method: 'POST', body: form });
  const { access_token: token } = JSON.parse(await answer.text());
  return {
    token,
    subject: String(claimsOf(token).sub),
    clientId,
    get: (path) => call('GET', path, { token }),
    send: (method, path, sent, headers = {}) => call(method, path, { token, body: sent, headers }),
  };
}
