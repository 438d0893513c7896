import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '@plinth/contracts';
import { createAccessTokenReader } from './access-token.ts';
import { type Artifacts, createArtifacts } from './artifacts.ts';
import type { IssuerClient } from './clients.ts';
import type { IssuerDatabase } from './database.ts';
import { createKeycloakRoutes } from './keycloak-routes.ts';
import { createProvider } from './provider.ts';
import { SIGN_IN_PATH } from './realm.ts';
import { createSignIn, forgetOldFailures } from './sign-in.ts';
import { createSignInPage } from './sign-in-page.ts';
import { loadSigningKeys, rotateSigningKey } from './signing-keys.ts';
import { createUsers, type IssuerUsers } from './users.ts';

// The embedded identity provider. It speaks HTTP below the path of its public URL, whoever listens on the port.

const SWEEP_MS = 60_000;
const JSON_TYPE = { 'content-type': 'application/json' };

export interface IssuerOptions {
  /** The `iss` of the tokens: a public URL such as `https://plinth.example/realms/plinth`. */
  issuerUrl: string;
  /** Its tables are those of ISSUER_MIGRATIONS. */
  database: IssuerDatabase;
  /** A 32-byte key for each purpose. */
  masterSecret: (purpose: string) => Buffer;
  clients: readonly IssuerClient[];
  audience: string;
  accessTokenSeconds: number;
  log: Log;
}

export interface Issuer {
  /** Answers any request whose path is below the issuer's. The body must not have been read. */
  handle(req: IncomingMessage, res: ServerResponse): void;
  users: IssuerUsers;
  /** Makes a new signing key; processes sign with it from their next start. */
  rotateKey(): Promise<void>;
  close(): void;
}

function startSweeping(database: IssuerDatabase, artifacts: Artifacts, log: Log): () => void {
  const sweep = () =>
    Promise.all([artifacts.sweep(), forgetOldFailures(database)]).catch((err: unknown) =>
      log.warn({ err }, 'the issuer could not sweep expired rows'),
    );
  const timer = setInterval(sweep, SWEEP_MS).unref();
  return () => clearInterval(timer);
}

export async function createIssuer(options: IssuerOptions): Promise<Issuer> {
  const { issuerUrl, database, masterSecret, clients, log } = options;
  const keySecret = masterSecret('issuer-keys');
  const keys = await loadSigningKeys(database, keySecret);
  const readAccessToken = createAccessTokenReader(issuerUrl, keys);
  const artifacts = createArtifacts(database, readAccessToken);
  const users = createUsers(database, artifacts.endSessionsOf);
  const signIn = createSignIn(database, masterSecret('issuer-sign-in'));
  const cookieKey = masterSecret('issuer-cookies').toString('base64url');
  const provider = createProvider({ ...options, users, signIn, keys, artifacts, cookieKey });
  provider.on('server_error', (_, err) => log.error({ err }, 'the issuer failed'));
  provider.on('error', (err) => log.error({ err }, 'the issuer failed'));

  const handleByProvider = provider.callback();
  const showSignIn = createSignInPage(provider, signIn);
  const handleByRoutes = createKeycloakRoutes({ provider, clients, users, artifacts, readAccessToken });
  const { protocol, host, pathname: base } = new URL(issuerUrl);
  const stopSweeping = startSweeping(database, artifacts, log);

  async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = req.url ?? '';
    if (!url.startsWith(`${base}/`)) {
      res.writeHead(404, JSON_TYPE).end('{"error":"not_found"}');
      return;
    }
    // Postgres stores no NUL, and nothing here has a use for one.
    if (url.includes('%00')) {
      res.writeHead(400, JSON_TYPE).end('{"error":"invalid_request"}');
      return;
    }
    // What the outside says of host and protocol is not believed: the issuer knows its own URL.
    Object.assign(req, { originalUrl: url, url: url.slice(base.length) });
    Object.assign(req.headers, { 'x-forwarded-proto': protocol.slice(0, -1), 'x-forwarded-host': host });
    const path = url.slice(base.length).split('?', 1)[0] ?? '';
    if (path.startsWith(SIGN_IN_PATH)) return showSignIn(req, res, path.slice(SIGN_IN_PATH.length));
    if (!(await handleByRoutes(req, res, path))) await handleByProvider(req, res);
  }

  return {
    handle: (req, res) => {
      route(req, res).catch((err: unknown) => {
        log.error({ err }, 'the issuer failed');
        if (!res.headersSent) res.writeHead(500, JSON_TYPE);
        res.end('{"error":"server_error"}');
      });
    },
    users,
    rotateKey: () => rotateSigningKey(database, keySecret),
    close: stopSweeping,
  };
}
