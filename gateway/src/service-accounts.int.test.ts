import { newId } from '@plinth/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  goodAccountClaims,
  rsaKey,
  signToken,
  startTestIssuer,
  type TestIssuer,
} from './authenticate/test-issuer.ts';
import {
  ISSUER,
  PLATFORM_HEADERS,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from './test-gateway.ts';

// A program's own token, by `client_credentials`. The gateway knows its client by the form of its name alone; whether there
// is such a service account is identity's to say.

const key = rsaKey('rsa-1');

let issuer: TestIssuer;
let upstream: TestUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  issuer = await startTestIssuer([key]);
  upstream = await startUpstream();
  gateway = await startGateway({
    services: { tenancy: upstream.url },
    issuer,
    trustedProxies: ['127.0.0.1'],
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await issuer.close();
});

test('a service account’s token is exchanged once, with the address that it came from', async () => {
  const id = newId('serviceAccount');
  const token = signToken(key, goodAccountClaims(ISSUER, Math.floor(Date.now() / 1_000), id));
  for (const address of ['203.0.113.7', '203.0.113.8', '203.0.113.7']) {
    const { status } = await send(`${gateway.url}/v1/tenants`, {
      headers: { ...PLATFORM_HEADERS, authorization: `Bearer ${token}`, 'x-forwarded-for': address },
    });
    expect(status).toBe(200);
  }
  expect(gateway.exchanged).toEqual([
    expect.objectContaining({
      token: expect.objectContaining({ clientId: id }),
      clientAddress: '203.0.113.7',
    }),
  ]);
});
