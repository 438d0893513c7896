import { processSettings, urls } from '@plinth/service';
import { z } from 'zod';

export const settings = z.object({
  ...processSettings,
  DATABASE_URL: z
    .string()
    .meta({ description: 'The Postgres of this service, with a role that owns its schema.' }),
  BOOTSTRAP_FILE: z.string().optional().meta({
    description: 'A JSON file with the first organizations and their members, made where they are missing.',
  }),
  SIGNUPS: z
    .enum(['closed', 'open'])
    .default('closed')
    .meta({ description: 'Whether anybody who can sign in may create an organization.' }),
  IDENTITY_URL: urls().meta({
    description:
      'Where identity listens, to be told what changes revoke; of several replicas each, with commas between them.',
  }),
});

export type Settings = z.output<typeof settings>;
