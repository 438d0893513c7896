import { processSettings } from '@plinth/service';
import { z } from 'zod';

export const settings = z.object({
  ...processSettings,
  DATABASE_URL: z
    .string()
    .meta({ description: 'The Postgres of this service, with a role that owns its schema.' }),
});

export type Settings = z.output<typeof settings>;
