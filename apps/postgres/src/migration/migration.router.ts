import { procedure, router } from '../procedure.ts';
import { CHANGE_ERRORS } from '../table/table.router.ts';
import {
  appliedMigrations,
  applyMigrations,
  listMigrations,
  migration,
  migrationByVersion,
  migrationPage,
} from './migration.schema.ts';

const MIGRATIONS = '/v1/postgres/{workspaceId}/migrations';

export const migrationRouter = router({
  run: procedure
    .meta({
      summary: 'Apply migrations',
      description:
        'Those that the workspace has not had, in order and in one transaction: all of them or none. The same list again does nothing; one that was applied with other changes is a conflict.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [{ method: 'POST', path: MIGRATIONS, dialect: 'platform' }],
      errors: [...CHANGE_ERRORS, 'MIGRATION_DRIFT', 'INDEX_NOT_FOUND', 'TYPE_NOT_FOUND', 'POLICY_NOT_FOUND'],
    })
    .input(applyMigrations)
    .output(appliedMigrations)
    .mutation(({ ctx, input }) => ctx.migrations.run(ctx.call, input)),

  list: procedure
    .meta({
      summary: 'List migrations',
      description: 'Those that the workspace has had, in their order.',
      permission: 'schemas:read',
      capability: 'postgres',
      rest: [{ method: 'GET', path: MIGRATIONS, dialect: 'platform' }],
    })
    .input(listMigrations)
    .output(migrationPage)
    .query(({ ctx }) => ctx.migrations.list(ctx.call)),

  get: procedure
    .meta({
      summary: 'Get a migration',
      description: 'When it was applied, by whom, and what its changes hash to.',
      permission: 'schemas:read',
      capability: 'postgres',
      rest: [{ method: 'GET', path: `${MIGRATIONS}/{version}`, dialect: 'platform' }],
      errors: ['MIGRATION_NOT_FOUND'],
    })
    .input(migrationByVersion)
    .output(migration)
    .query(({ ctx, input }) => ctx.migrations.get(ctx.call, input.version)),
});
