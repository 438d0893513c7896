import { z } from 'zod';

const words = (value: string) => value.split(/[\s,]+/).filter(Boolean);

/** What `npm start` does for one machine by itself, a deployment is told. */
export const setupSettings = z.object({
  SUPERUSER_URL: z
    .url()
    .meta({ description: 'A superuser of the Postgres that the databases and logins are made in.' }),
  DATABASE_URLS: z
    .string()
    .transform(words)
    .refine((urls) => urls.length > 0 && urls.every((url) => URL.canParse(url)), 'needs URLs')
    .meta({
      description:
        'The URLs that services will connect with, spaces between them: each names a login, its password and a database, and all are made.',
    }),
  STATE_DIRECTORY: z.string().default('/var/lib/plinth').meta({
    description: 'Holds `setup`, which only this program reads, and a folder for each service.',
  }),
  ADMIN_EMAIL: z.email().meta({ description: 'Who owns the first organization.' }),
  ADMIN_PASSWORD: z
    .string()
    .min(12)
    .max(128)
    .meta({ description: 'The password that this account is made with, of 12 to 128 characters.' }),
  ORGANIZATION: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/)
    .default('plinth')
    .meta({ description: 'The slug of the first organization.' }),
});

export type SetupSettings = z.output<typeof setupSettings>;
