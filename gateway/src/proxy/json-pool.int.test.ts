import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReplicas } from '@plinth/rpc';
import { createTracing } from '@plinth/service';
import { expect, test } from 'vitest';
import { sendError } from '../answer.ts';
import { openExchange } from '../exchange.ts';
import { routesFor } from '../routes.ts';
import { send, startUpstream } from '../test-gateway.ts';
import { createTrustedProxies } from '../trusted-proxies.ts';
import { createJsonCarrier } from './json.ts';

test('what the pool refuses in spite of the policy costs it no slot', async () => {
  const [route] = routesFor('embedded');
  if (!route) throw new Error('there are no routes');
  const upstream = await startUpstream();
  const connections = 4;
  const granted = {
    principal: undefined,
    passport: 'p',
    limits: [],
    subjects: [],
    sequence: 0,
    askedAt: 0,
    checkedAt: 0,
  };
  const carrier = createJsonCarrier({
    replicas: createReplicas([upstream.url]),
    publicAddress: { protocol: 'https', host: 'api.example.com' },
    exits: { response: sendError, socket: () => undefined },
    revocations: { answered: () => undefined, isCurrent: () => true },
    answerWithinMs: 1_000,
    maxBodyBytes: 1_000,
    connections,
  });
  const tracing = createTracing('gateway', undefined);
  const edge = { proxies: createTrustedProxies([]), tracing, deprecations: {} };
  const server = createServer((request, response) => {
    const exchange = openExchange(request, edge);
    // No caller can send a space in a path: this stands for whatever undici may refuse one day.
    const path = exchange.path === '/refused' ? '/a b' : exchange.path;
    carrier.forward({ ...exchange, path }, { route, granted, workspaceId: undefined }, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  for (let i = 0; i <= connections; i++) expect((await send(`${url}/refused`)).status).toBe(502);
  expect((await send(`${url}/v1/me`)).status).toBe(200);

  await carrier.close();
  await upstream.close();
  server.closeAllConnections();
  server.close();
});
