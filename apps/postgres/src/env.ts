import { processSettings, urls } from '@plinth/service';
import { z } from 'zod';
import { clusters } from './cluster/setting.ts';

export const settings = z.object({
  ...processSettings,
  DATABASE_URL: z
    .string()
    .meta({ description: 'The Postgres of this service, with a role that owns its schema.' }),
  TENANCY_URL: urls().meta({
    description:
      'Where tenancy listens, to be asked which workspaces may be used; of several replicas each, with commas between them.',
  }),
  CLUSTERS: clusters().meta({
    description:
      'The Postgres servers that hold the data of workspaces, a JSON list: `[{"name": "main", "adminUrl": "postgres://…/workspaces"}]`, with a login that owns the database and may create roles; also `url` and `poolMode: "transaction"` for a pgbouncer, `dedicatedTo`, `maxWorkspaces`, `sqlCredentials`.',
  }),
  IMPORT_MAX_MB: z.coerce.number().int().min(10).default(1_024).meta({
    description: 'The largest body of rows that is imported, in MB.',
  }),
  IMPORT_MAX_SECONDS: z.coerce.number().int().min(5).default(900).meta({
    description: 'How long an import of rows may take; nothing of a longer one is kept.',
  }),
});

export type Settings = z.output<typeof settings>;
