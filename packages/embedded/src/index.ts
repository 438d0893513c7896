export type { KeeperMessage, KeeperOptions } from './postgres/keeper.ts';
export { createOwner, type OwnerOptions } from './postgres/owner.ts';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './postgres/start.ts';

/** What to fork for a supervised Postgres. */
export const POSTGRES_KEEPER = new URL('./postgres/keeper.ts', import.meta.url);
