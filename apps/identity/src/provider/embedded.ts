import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Log } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import { createIssuer, type IssuerClient } from '@plinth/embedded';
import { createEmbeddedRealms } from './embedded-realms.ts';
import type { IdentityProvider } from './provider.ts';
import { createRealmEndpoints } from './realm-endpoints.ts';

// The built-in provider, in this process, with its users in this service's database. Browsers reach it through the
// gateway; our own token calls go to it by HTTP as well, over a listener that only this process knows, so that there is
// one way to speak to a provider and not two.

const AUDIENCE = 'plinth-api';
const ACCESS_TOKEN_SECONDS = 300;

export interface EmbeddedOptions {
  issuerUrl: string;
  database: Database;
  masterSecret: (purpose: string) => Buffer;
  clients: readonly IssuerClient[];
  log: Log;
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener has no port');
  return address.port;
}

export async function createEmbeddedProvider(options: EmbeddedOptions): Promise<IdentityProvider> {
  const issuer = await createIssuer({
    ...options,
    audience: AUDIENCE,
    accessTokenSeconds: ACCESS_TOKEN_SECONDS,
  });
  const server = createServer(issuer.handle);
  const port = await listen(server);
  const { issuerUrl } = options;
  const endpoints = createRealmEndpoints({
    url: `http://127.0.0.1:${port}${new URL(issuerUrl).pathname}`,
    issuerUrl,
  });

  return {
    ...endpoints,
    backend: 'embedded',
    handle: issuer.handle,
    realms: createEmbeddedRealms(issuer.realms),
    accountClients: {
      async put(client) {
        await issuer.clients.put({ ...client, grants: ['client_credentials'], redirectUris: [] });
      },
      async remove(id) {
        await issuer.clients.remove(id);
      },
    },
    async ensureUser(user) {
      const { created } = await issuer.users.ensure(user);
      return { created };
    },
    signOut: issuer.endSessionsOf,
    async close() {
      await endpoints.close();
      server.close();
      server.closeAllConnections();
      issuer.close();
    },
  };
}
