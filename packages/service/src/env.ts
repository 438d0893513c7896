import { z } from 'zod';

// Settings are read once, in main.ts, against a schema that also makes the README's table.

const port = z.coerce.number().int().min(0).max(65_535);

/** What every process reads. */
export const processSettings = {
  HOST: z.string().default('127.0.0.1').meta({ description: 'The address to listen on.' }),
  PORT: port.default(0).meta({ description: 'The port to listen on; 0 takes a free one.' }),
  INTERNAL_PORT: port.default(0).meta({
    description: 'The port of `/health/live`, `/health/ready` and `/metrics`; keep it off the internet.',
  }),
  SHUTDOWN_DELAY_MS: z.coerce.number().int().min(0).max(20_000).default(3_000).meta({
    description:
      'For how long a process that is asked to stop serves on, while others learn to look elsewhere.',
  }),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .meta({ description: 'The least severe log line that is written.' }),
  PLINTH_MASTER_KEY: z.string().meta({
    description:
      'The secret that every other secret derives from: `v1:<base64 of 32 bytes>`, newest version first.',
  }),
  SERVICE_KEYS_FILE: z.string().meta({ description: "This service's private keys, a JWKS file." }),
  TRUSTED_KEYS_FILE: z.string().meta({ description: 'The public keys of all services, a JWKS file.' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url()
    .optional()
    .meta({ description: 'Where to send traces, as OTLP over HTTP; none are sent without it.' }),
} as const;

const flags: Record<string, boolean> = { true: true, 1: true, false: false, 0: false };

export const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => flags[value] ?? fallback);

const itemsOf = (value: string): string[] => value.split(',').flatMap((item) => item.trim() || []);

export const list = () => z.string().default('').transform(itemsOf);

/** Where a service is: one URL, or one for each of its replicas. */
export const urls = () =>
  z
    .string()
    .transform(itemsOf)
    .refine((items) => items.length > 0 && items.every((item) => URL.canParse(item)), {
      message: 'is a URL, or several with commas between them',
    });

/** What is no number was text all along, which the schema's own words do not say. */
const reasonOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type' && issue.expected === 'number' ? 'has to be a number' : issue.message;

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Reads all settings or names every bad one; an empty value counts as unset. Values are never shown: some are secrets. */
export function parseEnv<Schema extends z.ZodType>(
  schema: Schema,
  env: Record<string, string | undefined>,
): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return `  ${name}: ${given[name] === undefined ? 'is required' : reasonOf(issue)}`;
  });
  throw new SettingsError(`These settings are missing or wrong:\n${lines.join('\n')}`);
}
