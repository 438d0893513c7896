import { API_KEY_STAGES } from '@plinth/contracts';
import { list, processSettings, urls } from '@plinth/service';
import { z } from 'zod';

export const settings = z.object({
  ...processSettings,
  DATABASE_URL: z
    .string()
    .meta({ description: 'The Postgres of this service, with a role that owns its schema.' }),
  BOOTSTRAP_FILE: z.string().optional().meta({
    description: 'A JSON file with the first users, made at the identity provider where they are missing.',
  }),
  API_KEY_STAGE: z.enum(API_KEY_STAGES).default('live').meta({
    description:
      'What API keys say of themselves: `test` on an installation that is for trying. Keys of the other kind open nothing.',
  }),
  SIGNUPS: z
    .enum(['closed', 'open'])
    .default('closed')
    .meta({ description: 'Whether anybody who can sign in may create an organization.' }),
  REDIS_URL: z.url().optional().meta({
    description:
      'The Redis of the gateways: they hear there of what is revoked at once; without it they ask each second.',
  }),
  TENANCY_URL: urls().meta({
    description: 'Where tenancy listens; of several replicas each, with commas between them.',
  }),
  IDENTITY_PROVIDER: z.enum(['embedded', 'keycloak']).default('embedded').meta({
    description: 'Who keeps the users and signs the tokens: the built-in provider, or a Keycloak.',
  }),
  ISSUER_URL: z.url().meta({
    description:
      'The `iss` of tokens. Embedded: the public URL of the gateway and `/realms/plinth`. Keycloak: its public URL and `/realms/<realm>`.',
  }),
  DEFAULT_CLIENT_ID: z
    .string()
    .default('plinth-console')
    .meta({ description: 'The OAuth client of a token request that names none.' }),
  REDIRECT_URIS: list().meta({
    description:
      'Embedded: where a sign-in in the browser may return to, a comma list. Without it, `/` and `/callback` at the public URL.',
  }),
  KEYCLOAK_URL: z
    .url()
    .optional()
    .meta({ description: 'Keycloak: its base URL, as this machine reaches it.' }),
  KEYCLOAK_REALM: z.string().default('plinth').meta({ description: 'Keycloak: the realm of the users.' }),
  KEYCLOAK_ADMIN_CLIENT_ID: z.string().default('plinth-admin').meta({
    description:
      'Keycloak: the client that may manage users of the realm, and in `master` make the realms of tenants.',
  }),
  KEYCLOAK_ADMIN_CLIENT_SECRET: z.string().optional().meta({ description: 'Keycloak: its secret, in both.' }),
});

export type Settings = z.output<typeof settings>;
