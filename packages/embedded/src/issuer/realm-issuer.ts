import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '@plinth/contracts';
import { createAccessTokenReader } from './access-token.ts';
import { createArtifacts } from './artifacts.ts';
import type { FindClient, IssuerClient } from './clients.ts';
import type { IssuerDatabase } from './database.ts';
import { createKeycloakRoutes } from './keycloak-routes.ts';
import { createProvider } from './provider.ts';
import { OWN_REALM, SIGN_IN_PATH } from './realm.ts';
import { createSignIn } from './sign-in.ts';
import { createSignInPage } from './sign-in-page.ts';
import { loadSigningKeys, rotateSigningKey } from './signing-keys.ts';
import { createUsers, type IssuerUsers } from './users.ts';

// The issuer of one realm: it speaks HTTP below the path of its public URL, and knows of no other realm.

export interface RealmIssuerOptions {
  /** As its rows call it. */
  realm: string;
  /** The `iss` of the tokens: a public URL such as `https://plinth.example/realms/plinth`. */
  issuerUrl: string;
  /** Its tables are those of ISSUER_MIGRATIONS. */
  database: IssuerDatabase;
  /** A 32-byte key for each purpose. */
  masterSecret: (purpose: string) => Buffer;
  /** Those known from the start, and how to find any. */
  clients: readonly IssuerClient[];
  findClient: FindClient;
  audience: string;
  accessTokenSeconds: number;
  log: Log;
}

export interface RealmIssuer {
  /** Answers any request whose path is below the issuer's. The body must not have been read. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
  users: IssuerUsers;
  /** Ends every sign-in of a user: no refresh token of it works any more. */
  endSessionsOf(accountId: string): Promise<void>;
  /** Makes a new signing key; processes sign with it from their next start. */
  rotateKey(): Promise<void>;
}

export async function openRealmIssuer(options: RealmIssuerOptions): Promise<RealmIssuer> {
  const { realm, issuerUrl, database, findClient, log } = options;
  const secretFor = (purpose: string): Buffer =>
    options.masterSecret(realm === OWN_REALM ? purpose : `${purpose}:${realm}`);
  const keyStore = { database, realm, secret: secretFor('issuer-keys') };
  const keys = await loadSigningKeys(keyStore);
  const readAccessToken = createAccessTokenReader(issuerUrl, keys);
  const artifacts = createArtifacts({ database, realm, findClient, readAccessToken });
  const users = createUsers(database, realm, artifacts.endSessionsOf);
  const signIn = createSignIn(database, realm, secretFor('issuer-sign-in'));
  const cookieKey = secretFor('issuer-cookies').toString('base64url');
  const provider = createProvider({ ...options, users, signIn, keys, artifacts, cookieKey });
  provider.on('server_error', (_, err) => log.error({ err }, 'the issuer failed'));
  provider.on('error', (err) => log.error({ err }, 'the issuer failed'));

  const handleByProvider = provider.callback();
  const showSignIn = createSignInPage(provider, signIn);
  const handleByRoutes = createKeycloakRoutes({ provider, findClient, users, artifacts, readAccessToken });
  const { protocol, host, pathname: base } = new URL(issuerUrl);

  return {
    async handle(req, res) {
      const url = req.url ?? '';
      // What the outside says of host and protocol is not believed: the issuer knows its own URL.
      Object.assign(req, { originalUrl: url, url: url.slice(base.length) });
      Object.assign(req.headers, { 'x-forwarded-proto': protocol.slice(0, -1), 'x-forwarded-host': host });
      const path = url.slice(base.length).split('?', 1)[0] ?? '';
      if (path.startsWith(SIGN_IN_PATH)) return showSignIn(req, res, path.slice(SIGN_IN_PATH.length));
      if (!(await handleByRoutes(req, res, path))) await handleByProvider(req, res);
    },
    users,
    endSessionsOf: artifacts.endSessionsOf,
    rotateKey: () => rotateSigningKey(keyStore),
  };
}
