import { createHash } from 'node:crypto';
import { AppError, type Call, type CursorCodec, type Page } from '@plinth/contracts';
import { type RecordedChange, toldOf } from '../ddl/recorded-change.ts';
import { runPlanned, type SchemaChanges } from '../ddl/schema-change.ts';
import { createIndexService } from '../index/index.service.ts';
import { createPolicyService } from '../policy/policy.service.ts';
import type { Place } from '../placement/place.ts';
import type { Run } from '../query/login-pools.ts';
import { createTypeService } from '../type/type.service.ts';
import { createTableService } from '../table/table.service.ts';
import { migrationRepo } from './migration.repo.ts';
import type {
  AppliedMigrations,
  ApplyMigrations,
  Change,
  GivenMigration,
  Migration,
} from './migration.schema.ts';

// A list of migrations is applied as a whole or not at all. Each change is planned when those before it have been made, by the
// service of its own route.

interface MigrationDeps {
  schemas: SchemaChanges;
  change: RecordedChange;
  cursors: CursorCodec;
}

/** Of the changes with their defaults: a field that comes to them later must have none, or every hash is another. */
const hashOf = ({ changes }: GivenMigration): string =>
  createHash('sha256').update(JSON.stringify(changes)).digest('base64url');

/** What it says of a field is told from the beginning of the request. */
function within(error: unknown, place: string): unknown {
  if (!(error instanceof AppError)) return error;
  const { code, message, details, cause } = error;
  const field = typeof details?.field === 'string' ? `${place}.${details.field}` : place;
  return new AppError(code, { message: `${place}: ${message}`, details: { ...details, field }, cause });
}

/** Those that are new. What is known has to be what it was, and nothing new comes before it. */
function pendingOf(given: readonly GivenMigration[], known: readonly Migration[]): GivenMigration[] {
  const latest = known.at(-1)?.version ?? '';
  return given.filter((one, i) => {
    const before = known.find(({ version }) => version === one.version);
    if (before && before.hash !== hashOf(one)) {
      throw new AppError('MIGRATION_DRIFT', {
        message: `The migration ${one.version} was applied with other changes: add a new one instead`,
        details: { version: one.version, appliedAt: before.appliedAt, field: `migrations.${i}.changes` },
      });
    }
    if (!before && one.version < latest) {
      throw new AppError('MIGRATION_DRIFT', {
        message: `The migration ${one.version} comes before ${latest}, which was applied already`,
        details: { version: one.version, latest, field: `migrations.${i}.version` },
      });
    }
    return !before;
  });
}

/** What the last change applied: an answer that was lost is given again. */
function madeTogether(known: readonly Migration[]): string[] {
  const latest = known.at(-1);
  return known.filter((one) => one.appliedAt === latest?.appliedAt).map(({ version }) => version);
}

export function createMigrationService({ schemas, change, cursors }: MigrationDeps) {
  /** The services of single changes, within the transaction of this one. */
  function servicesIn(run: Run, place: Place, sql: string[]) {
    const here: RecordedChange = async (_call, { plan, see, tell }) => {
      const planned = await plan(run, place);
      await runPlanned(run, planned);
      sql.push(...planned.map(({ text }) => text));
      return tell({ place, sql: [], seen: await see(run, place) }).result;
    };
    return {
      tables: createTableService({ schemas, change: here, cursors }),
      indexes: createIndexService({ schemas, change: here }),
      types: createTypeService({ schemas, change: here }),
      policies: createPolicyService({ schemas, change: here }),
    };
  }

  async function make(call: Call, workspaceId: string, its: ReturnType<typeof servicesIn>, one: Change) {
    const of = { workspaceId, dryRun: false };
    if (one.createTable) await its.tables.create(call, { ...one.createTable, ...of });
    if (one.updateTable) await its.tables.update(call, { ...one.updateTable, ...of });
    if (one.removeTable) await its.tables.remove(call, { ...one.removeTable, ...of });
    if (one.createIndex) await its.indexes.create(call, { ...one.createIndex, ...of });
    if (one.removeIndex) await its.indexes.remove(call, { ...one.removeIndex, ...of });
    if (one.createType) await its.types.create(call, { ...one.createType, ...of });
    if (one.updateType) await its.types.update(call, { ...one.updateType, ...of });
    if (one.removeType) await its.types.remove(call, { ...one.removeType, ...of });
    if (one.createPolicy) await its.policies.create(call, { ...one.createPolicy, ...of });
    if (one.removePolicy) await its.policies.remove(call, { ...one.removePolicy, ...of });
  }

  return {
    run(call: Call, { workspaceId, migrations, dryRun: isDry }: ApplyMigrations): Promise<AppliedMigrations> {
      const sql: string[] = [];
      let applied: readonly string[] | undefined;
      return change(call, {
        isDry,
        async plan(run, place) {
          const records = migrationRepo(run);
          const its = servicesIn(run, place, sql);
          const pending = pendingOf(migrations, await records.list());
          for (const one of pending) {
            for (const [i, step] of one.changes.entries()) {
              await make(call, workspaceId, its, step).catch((error: unknown) => {
                throw within(error, `migrations.${migrations.indexOf(one)}.changes.${i}`);
              });
            }
            const { version, name } = one;
            await records.record({ version, name, hash: hashOf(one), appliedBy: call.caller.id });
          }
          applied = pending.map(({ version }) => version);
          // Each change had to be made before the next was planned: nothing is left to do.
          return [];
        },
        see: async (run) => applied ?? madeTogether(await migrationRepo(run).list()),
        tell({ place, seen }) {
          const unchanged = migrations.map(({ version }) => version).filter((one) => !seen.includes(one));
          return {
            result: { applied: [...seen], unchanged, sql: isDry ? sql : [] },
            ...toldOf(place, {
              kind: 'migration',
              type: 'migration.applied',
              id: seen.at(-1) ?? 'none',
              data: { versions: [...seen] },
            }),
          };
        },
      });
    },

    async list({ caller }: Call): Promise<Page<Migration>> {
      const data = await schemas.read(caller, (run) => migrationRepo(run).list());
      return { data, pagination: { hasMore: false, nextCursor: null } };
    },

    async get({ caller }: Call, version: string): Promise<Migration> {
      const all = await schemas.read(caller, (run) => migrationRepo(run).list());
      const found = all.find((one) => one.version === version);
      if (found) return found;
      throw new AppError('MIGRATION_NOT_FOUND', { message: `Migration ${version} was not applied` });
    },
  };
}

export type MigrationService = ReturnType<typeof createMigrationService>;
