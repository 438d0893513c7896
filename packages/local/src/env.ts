import { API_KEY_STAGES } from '@plinth/contracts';
import { flag, processSettings } from '@plinth/service';
import { z } from 'zod';

export const localSettings = z
  .object({
    PLINTH_PORT: z.coerce
      .number()
      .int()
      .min(1)
      .max(65_535)
      .default(4000)
      .meta({ description: "The gateway's port on 127.0.0.1." }),
    PLINTH_HOME: z.string().default('.plinth').meta({ description: 'The folder that holds all state.' }),
    PLINTH_ADMIN_EMAIL: z
      .email()
      .default('admin@plinth.local')
      .meta({ description: 'Who owns the first organization.' }),
    PLINTH_ADMIN_PASSWORD: z
      .string()
      .min(12)
      .optional()
      .meta({ description: 'The password to make that account with; generated when unset.' }),
    PLINTH_SIGNUPS: z
      .enum(['closed', 'open'])
      .default('closed')
      .meta({ description: 'Whether strangers may sign up and make organizations.' }),
    PLINTH_STRICT_HEADERS: flag(true).meta({
      description: 'Whether version, correlation id and idempotency key are required.',
    }),
    API_KEY_STAGE: z.enum(API_KEY_STAGES).default('test').meta({
      description:
        'What API keys made here say of themselves, so that they are told from those of production.',
    }),
    LOG_LEVEL: processSettings.LOG_LEVEL,
    PLINTH_POSTGRES_URL: z
      .url()
      .optional()
      .meta({ description: "A superuser's URL of a real Postgres, to use instead of the embedded one." }),
    REDIS_URL: z
      .url()
      .optional()
      .meta({ description: 'A Redis for what several gateways share: rate limits, and what is revoked.' }),
    KEYCLOAK_URL: z
      .url()
      .optional()
      .meta({ description: 'The base of a real Keycloak, to use instead of the embedded issuer.' }),
    KEYCLOAK_REALM: z.string().default('plinth').meta({ description: "Keycloak's realm." }),
    KEYCLOAK_ADMIN_CLIENT_ID: z
      .string()
      .default('plinth-admin')
      .meta({ description: 'The client whose service account manages that realm.' }),
    KEYCLOAK_ADMIN_CLIENT_SECRET: z
      .string()
      .optional()
      .meta({ description: "That client's secret; required with KEYCLOAK_URL." }),
    OTEL_EXPORTER_OTLP_ENDPOINT: processSettings.OTEL_EXPORTER_OTLP_ENDPOINT,
  })
  .refine((env) => env.KEYCLOAK_URL === undefined || env.KEYCLOAK_ADMIN_CLIENT_SECRET !== undefined, {
    path: ['KEYCLOAK_ADMIN_CLIENT_SECRET'],
    message: 'is required with KEYCLOAK_URL',
  });

export type LocalSettings = z.output<typeof localSettings>;

/** What children inherit as it is; everything else they are given by name. */
const INHERITED = [
  'PATH',
  'HOME',
  'LANG',
  'TZ',
  'TMPDIR',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
  'NODE_COMPILE_CACHE',
];

export function inheritedEnv(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
