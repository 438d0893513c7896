import { AppError, type Caller, type ErrorCode, statusOf } from '@plinth/contracts';
import { codeOf } from '@plinth/database';
import type { Place } from '../placement/place.ts';
import type { Placements } from '../placement/placement.service.ts';
import type { RequestContext } from '../query/context.ts';
import type { LoginPools, Run } from '../query/login-pools.ts';
import { toAppError } from '../query/sqlstate.ts';
import type { SchemaCache } from '../schema-cache/schema-cache.ts';

// The schema of a workspace is read and changed by the login that owns it, never by one that may do more. A change is one
// transaction: all of its statements or none, under the workspace's lock.

export interface PlannedStatement {
  text: string;
  /** Of the request: what is wrong when Postgres refuses the statement. */
  field: string;
}

export interface SchemaChange<Seen> {
  /** From what is there now, under the lock. */
  plan(run: Run, place: Place): Promise<readonly PlannedStatement[]>;
  /** What it came to, in the same transaction. */
  see(run: Run, place: Place): Promise<Seen>;
}

export interface Changed<Seen> {
  place: Place;
  seen: Seen;
  sql: readonly string[];
}

interface SchemaDeps {
  placements: Pick<Placements, 'placeOf'>;
  pools: LoginPools;
  /** What it holds of the schema is not so any more. Other replicas are told by the database. */
  cache: Pick<SchemaCache, 'invalidate'>;
  /** For all that a change does and waits for, together: less than the gateway waits for an answer. */
  withinMs?: number;
}

const WITHIN_MS = 4_000;
const LOCK_TIMEOUT_MS = 2_000;

const context = (isReadOnly: boolean): RequestContext => ({
  role: 'none',
  claims: '',
  isReadOnly,
  statementTimeoutMs: WITHIN_MS,
  lockTimeoutMs: LOCK_TIMEOUT_MS,
  method: '',
  path: '',
  correlationId: '',
});

/** What these mean where a schema is changed; of rows they mean something else, or never come. */
const BY_CODE: Readonly<Record<string, readonly [ErrorCode, string?]>> = {
  '0A000': ['CAPABILITY_UNAVAILABLE', 'Postgres cannot do this'],
  '23502': ['CONSTRAINT_VIOLATION', 'There are rows without a value'],
  '23503': ['FOREIGN_KEY_VIOLATION', 'There are rows that refer to none'],
  '23505': ['UNIQUE_VIOLATION', 'Several rows have the same values'],
  '23514': ['CONSTRAINT_VIOLATION', 'There are rows that do not meet it'],
  '2BP01': ['CONFLICT', 'Something else depends on it; remove that first, or say cascade'],
  '42601': ['BUSINESS_RULE_VIOLATED', 'A column cannot be defined so'],
  '42611': ['BUSINESS_RULE_VIOLATED', 'A column cannot be defined so'],
  '42701': ['COLUMN_EXISTS'],
  '42704': ['INVALID_VALUE', 'There is no such thing, or the type cannot be used so'],
  '42710': ['CONFLICT', 'There is one of that name already'],
  '42804': ['INVALID_VALUE', 'The types do not fit each other'],
  '42830': ['BUSINESS_RULE_VIOLATED', 'The columns that are referred to are not unique'],
  '42846': ['INVALID_VALUE', 'The type cannot be turned into the other'],
  '42883': ['INVALID_VALUE', 'The type has no such operator'],
  '42P17': ['BUSINESS_RULE_VIOLATED', 'A column cannot be generated so'],
  '42P16': ['BUSINESS_RULE_VIOLATED', 'The table cannot be defined so'],
};

/** What Postgres refused, told of the field that it is about. */
export function ofField(error: unknown, field: string): unknown {
  const told = toAppError(error, { isReadOnly: false });
  if (!(told instanceof AppError)) return told;
  const [code = told.code, message = told.message] = BY_CODE[codeOf(error) ?? ''] ?? [];
  if (statusOf(code) >= 500) return told;
  return new AppError(code, {
    message: `${field}: ${message}`,
    details: { ...told.details, field },
    cause: error,
  });
}

class DryRun<Seen> extends Error {
  readonly changed: Changed<Seen>;

  constructor(changed: Changed<Seen>) {
    super('a dry run is rolled back');
    this.changed = changed;
  }
}

export async function runPlanned(run: Run, planned: readonly PlannedStatement[]): Promise<void> {
  for (const { text, field } of planned) {
    await run({ text, values: [] }).catch((error) => {
      throw ofField(error, field);
    });
  }
}

export function createSchemaChanges({ placements, pools, cache, withinMs = WITHIN_MS }: SchemaDeps) {
  /** A change that went on when its caller was told that there is no answer would be one that nobody knows of. */
  async function inTime<T>(place: Place, steps: (run: Run) => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(withinMs);
    let isCommitting = false;
    try {
      return await pools.transaction(place, 'owner', { context: context(false), signal }, async (run) => {
        const result = await steps(run);
        isCommitting = true;
        return result;
      });
    } catch (error) {
      const isLate =
        error === signal.reason || (error instanceof AppError && error.code === 'STATEMENT_TIMEOUT');
      if (!isLate) throw error;
      if (isCommitting) throw new AppError('UPSTREAM_TIMEOUT', { cause: error });
      throw new AppError('STATEMENT_TIMEOUT', {
        message: `The change takes more than ${withinMs / 1_000} s, so it was given up: nothing has changed`,
        cause: error,
      });
    }
  }

  async function attempt<Seen>(
    run: Run,
    place: Place,
    { plan, see }: SchemaChange<Seen>,
    id: string,
  ): Promise<Changed<Seen>> {
    const [[isNew] = []] = await run({ text: 'select plinth.begin_change($1)', values: [id] });
    const planned = isNew === 't' ? await plan(run, place) : [];
    await runPlanned(run, planned);
    return { place, sql: planned.map(({ text }) => text), seen: await see(run, place) };
  }

  return {
    async read<T>(caller: Caller, look: (run: Run, place: Place) => Promise<T>): Promise<T> {
      const place = await placements.placeOf(caller);
      return pools.transaction(place, 'owner', { context: context(true) }, (run) => look(run, place));
    },

    /** Under one id it is made once, however often it is tried. */
    async make<Seen>(caller: Caller, id: string, change: SchemaChange<Seen>): Promise<Changed<Seen>> {
      const place = await placements.placeOf(caller);
      try {
        return await inTime(place, (run) => attempt(run, place, change, id));
      } finally {
        // Where it failed, nobody may know how far it came.
        cache.invalidate(place.schema);
      }
    },

    /** All but the commit: what Postgres would refuse, it refuses. */
    async tryOut<Seen>(caller: Caller, id: string, change: SchemaChange<Seen>): Promise<Changed<Seen>> {
      const place = await placements.placeOf(caller);
      try {
        return await inTime(place, async (run) => {
          throw new DryRun(await attempt(run, place, change, id));
        });
      } catch (error) {
        if (error instanceof DryRun) return error.changed;
        throw error;
      }
    },
  };
}

export type SchemaChanges = ReturnType<typeof createSchemaChanges>;
