import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { newApiKeyParts, writeApiKey } from '@plinth/contracts';
import type { LoadRequest } from '../load/wrk.ts';
import type { Scenario } from '../scenario.ts';
import { WORKSPACE_PATH } from '../servers/workspace.ts';
import { bareFastify, SERVERS, startRoute } from './fastify-routes.ts';
import { startGateway } from './gateway.ts';
import { startNode } from './node-server.ts';
import { makeKeys, PLATFORM_HEADERS } from './passports.ts';
import { startStandInIdentity } from './stand-in-identity.ts';

// One gateway, and callers who differ in what they show. What is shown for the first time is verified and exchanged for a passport:
// what that costs beyond a known one is the price of a stranger.

/** More than the gateway keeps, so that it knows none of them any more when its turn comes again. */
const MANY = 12_000;

const newKey = (): string => writeApiKey({ owner: 'member', stage: 'live', ...newApiKeyParts(randomBytes) });

export const credentials: Scenario = {
  name: 'credentials',
  summary: 'GET one workspace through the gateway by tokens and API keys, known ones and new ones',
  ratios: [
    { of: 'known key', to: 'known token', figure: 'cpu' },
    { of: 'new token', to: 'known token', figure: 'cpu' },
    { of: 'new key', to: 'known token', figure: 'cpu' },
    { of: 'new key', to: 'new token', figure: 'cpu' },
    { of: 'bare Fastify with jose', to: 'bare Fastify', figure: 'cpu' },
  ],
  async open(stage) {
    const keysFolder = join(stage.folder, 'keys');
    const keys = await makeKeys(keysFolder);
    const identity = await startStandInIdentity(stage, keys.keysFileOf('identity'));
    const { token, issuer, jwksUrl } = identity;
    const upstream = await startRoute(stage, 'upstream', 'bare-route.ts');
    await stage.aside(upstream.pid);
    const gateway = await startGateway(stage, {
      name: 'gateway',
      identity,
      keysFolder,
      upstream: upstream.url,
    });
    const jose = await startNode(stage, {
      name: 'jose-route',
      entry: join(SERVERS, 'jose-route.ts'),
      args: (port) => [`${port}`, issuer, jwksUrl],
      path: WORKSPACE_PATH,
      headers: { authorization: `Bearer ${token}` },
    });

    const subject = (name: string, credentials: string[], { url, pid } = gateway, process = 'gateway') => {
      const values = credentials.map((each) => `Bearer ${each}`);
      const [only = ''] = values;
      const shown =
        values.length === 1
          ? { headers: { ...PLATFORM_HEADERS, authorization: only } }
          : { headers: PLATFORM_HEADERS, inTurn: { header: 'authorization', values, shown: 0 } };
      const request: LoadRequest = { url: url + WORKSPACE_PATH, ...shown };
      return { name, processes: [{ name: process, pid }], request: () => request };
    };
    return [
      await bareFastify(stage),
      subject('bare Fastify with jose', [token], jose, 'route'),
      subject('known token', [token]),
      subject('known key', [newKey()]),
      subject('new token', await identity.moreTokens(MANY)),
      subject('new key', Array.from({ length: MANY }, newKey)),
    ];
  },
};
