import type { Run } from '../query/login-pools.ts';
import type { Migration } from './migration.schema.ts';

// Of one workspace, as its owner.

const LIST = `select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'version', m.version, 'name', m.name, 'hash', m.hash, 'appliedBy', m.applied_by,
    'appliedAt', pg_catalog.to_char(m.applied_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) order by m.version), '[]')::text
  from plinth.migrations() m`;

const RECORD = 'select plinth.record_migration($1, $2, $3, $4)';

export const migrationRepo = (run: Run) => ({
  async list(): Promise<Migration[]> {
    const [[found] = []] = await run({ text: LIST, values: [] });
    return JSON.parse(found ?? '[]');
  },

  async record({ version, name, hash, appliedBy }: Omit<Migration, 'appliedAt'>): Promise<void> {
    await run({ text: RECORD, values: [version, name, hash, appliedBy] });
  },
});
