export {
  type Attempt,
  type ClaimedMutate,
  createClaimedMutate,
  type OutsideEffect,
} from './claimed-mutate.ts';
export { conditions } from './conditions.ts';
export {
  createDatabase,
  type Database,
  type DatabaseOptions,
  type Queryable,
  type TransactionOptions,
} from './database.ts';
export { codeOf, isConnectionFault, isSerializationFailure, isUniqueViolation } from './faults.ts';
export { KIT_MIGRATIONS, migrate } from './migrate.ts';
export { createMutate, type Effect, lookupFault, type Mutate, type MutateOptions } from './mutate.ts';
export { recordAudit } from './outbox.ts';
export { readPage, type Slice } from './page.ts';
export { createPatience } from './patience.ts';
export { type Relay, type RelayOptions, startRelay } from './relay.ts';
export { requestKeyOf } from './request-key.ts';
export { changeOf, checkIfMatch, isEmpty, organizationOf, unchanged, withEtag } from './resource.ts';
export { startSweeper, sweepIdempotency, sweepOutbox, sweepSecrets } from './sweeper.ts';
