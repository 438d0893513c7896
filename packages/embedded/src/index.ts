import type { Issuer, IssuerOptions } from './issuer/issuer.ts';

export { type ForkedPostgres, forkPostgres } from './postgres/fork-keeper.ts';
export type { KeeperMessage, KeeperOptions } from './postgres/keeper.ts';
export {
  closeDatabase,
  createClosedDatabase,
  createOwner,
  type OwnerOptions,
  withClient,
} from './postgres/owner.ts';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './postgres/start.ts';

/** What a supervisor forks for Postgres, with its options (KeeperOptions) as one JSON argument. */
export const POSTGRES_KEEPER = new URL('./postgres/keeper.ts', import.meta.url);
export type { IssuerClient } from './issuer/clients.ts';
export type { IssuerDatabase } from './issuer/database.ts';
export type { Issuer, IssuerOptions } from './issuer/issuer.ts';
export type { IssuerRealms, NewRealmClient, RealmClient } from './issuer/realms.ts';
export type { IssuerUser, IssuerUsers, NewUser } from './issuer/users.ts';

/** The folder of migrations to apply to the issuer's database. */
export const ISSUER_MIGRATIONS = new URL('../migrations/issuer/', import.meta.url);

/** Loaded on demand: oidc-provider costs every process that imports it 300 ms. */
export async function createIssuer(options: IssuerOptions): Promise<Issuer> {
  const issuer = await import('./issuer/issuer.ts');
  return issuer.createIssuer(options);
}
