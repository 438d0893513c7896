import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '@plinth/contracts';
import { forgetExpiredArtifacts } from './artifacts.ts';
import type { IssuerDatabase } from './database.ts';
import { OWN_REALM } from './realm.ts';
import { openRealmIssuer, type RealmIssuer, type RealmIssuerOptions } from './realm-issuer.ts';
import { createRealms, type IssuerRealms, type NewRealmClient, type RealmClient } from './realms.ts';
import { forgetOldFailures } from './sign-in.ts';

// The embedded identity provider: the installation's own realm, and beside its URL those that are made later. It speaks
// HTTP, whoever listens on the port.

const SWEEP_MS = 60_000;
const JSON_TYPE = { 'content-type': 'application/json' };

export type IssuerOptions = Omit<RealmIssuerOptions, 'realm' | 'findClient'>;

export interface Issuer extends Pick<RealmIssuer, 'users' | 'endSessionsOf' | 'rotateKey'> {
  /** Answers any request below the path of a realm. The body must not have been read. */
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** The others. */
  realms: IssuerRealms;
  /** Clients of the own realm, beside those of its settings. */
  clients: {
    put(client: NewRealmClient): Promise<RealmClient>;
    /** False if there was none. */
    remove(id: string): Promise<boolean>;
  };
  close(): void;
}

function startSweeping(database: IssuerDatabase, log: Log): () => void {
  const sweep = () =>
    Promise.all([forgetExpiredArtifacts(database), forgetOldFailures(database)]).catch((err: unknown) =>
      log.warn({ err }, 'the issuer could not sweep expired rows'),
    );
  const timer = setInterval(sweep, SWEEP_MS).unref();
  return () => clearInterval(timer);
}

const refuse = (res: ServerResponse, status: number, error: string): void => {
  if (!res.headersSent) res.writeHead(status, JSON_TYPE);
  res.end(JSON.stringify({ error }));
};

export async function createIssuer(options: IssuerOptions): Promise<Issuer> {
  const { issuerUrl, database, clients, log } = options;
  const realms = createRealms(options);
  const findClient = async (id: string) =>
    clients.find((client) => client.id === id) ?? realms.issuerClient(OWN_REALM, id);
  const own = await openRealmIssuer({ ...options, realm: OWN_REALM, findClient });
  const { pathname: base } = new URL(issuerUrl);
  const beside = base.slice(0, base.lastIndexOf('/') + 1);
  const stopSweeping = startSweeping(database, log);

  async function issuerOf(url: string): Promise<RealmIssuer | undefined> {
    if (url.startsWith(`${base}/`)) return own;
    if (!url.startsWith(beside)) return undefined;
    const name = url.slice(beside.length).split('/', 1)[0] ?? '';
    return url.startsWith(`${beside}${name}/`) ? realms.issuerOf(name) : undefined;
  }

  async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = req.url ?? '';
    // Postgres stores no NUL, and nothing here has a use for one.
    if (url.includes('%00')) return refuse(res, 400, 'invalid_request');
    const issuer = await issuerOf(url);
    return issuer ? issuer.handle(req, res) : refuse(res, 404, 'not_found');
  }

  return {
    handle: (req, res) => {
      route(req, res).catch((err: unknown) => {
        log.error({ err }, 'the issuer failed');
        refuse(res, 500, 'server_error');
      });
    },
    users: own.users,
    endSessionsOf: own.endSessionsOf,
    rotateKey: own.rotateKey,
    realms,
    clients: {
      put: (client) => realms.putClient(OWN_REALM, client),
      remove: (id) => realms.removeClient(OWN_REALM, id),
    },
    close: stopSweeping,
  };
}
