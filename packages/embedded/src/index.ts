export { type ForkedPostgres, forkPostgres } from './postgres/fork-keeper.ts';
export type { KeeperMessage, KeeperOptions } from './postgres/keeper.ts';
export { createOwner, type OwnerOptions } from './postgres/owner.ts';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './postgres/start.ts';

/** What a supervisor forks for Postgres, with its options (KeeperOptions) as one JSON argument. */
export const POSTGRES_KEEPER = new URL('./postgres/keeper.ts', import.meta.url);
export type { IssuerClient } from './issuer/clients.ts';
export type { IssuerDatabase } from './issuer/database.ts';
export { createIssuer, ISSUER_MIGRATIONS, type Issuer, type IssuerOptions } from './issuer/issuer.ts';
export type { IssuerUser, IssuerUsers, NewUser } from './issuer/users.ts';
