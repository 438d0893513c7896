import {
  internalUrlSettingOf,
  internalUrlSettings,
  UPSTREAMS,
  urlSettingOf,
  urlSettings,
} from '@plinth/contracts';
import { flag, list, processSettings, urls } from '@plinth/service';
import { z } from 'zod';

// The gateway stores nothing and is called by no service: it needs neither a master key nor the keys of the others.
const {
  HOST,
  PORT,
  INTERNAL_PORT,
  SHUTDOWN_DELAY_MS,
  LOG_LEVEL,
  SERVICE_KEYS_FILE,
  OTEL_EXPORTER_OTLP_ENDPOINT,
} = processSettings;

const perMinute = (fallback: number) => z.coerce.number().int().min(1).default(fallback);

const fields = z.object({
  HOST,
  PORT,
  INTERNAL_PORT,
  SHUTDOWN_DELAY_MS,
  LOG_LEVEL,
  SERVICE_KEYS_FILE,
  OTEL_EXPORTER_OTLP_ENDPOINT,
  PUBLIC_URL: z.url().meta({ description: 'The URL that callers know this gateway by.' }),
  ...urlSettings((service) =>
    urls().meta({
      description: `Where ${service} listens; of several replicas each, with commas between them.`,
    }),
  ),
  ...internalUrlSettings((service) =>
    urls()
      .optional()
      .meta({
        description: `The internal port of ${service}, asked for its health; of several replicas each, in the same order. Without it health cannot tell.`,
      }),
  ),
  IDENTITY_PROVIDER: z.enum(['embedded', 'keycloak']).default('embedded').meta({
    description: '`embedded`: the provider in identity is reachable below `/realms`.',
  }),
  ISSUER_URL: z.string().meta({ description: 'The exact `iss` of the tokens to accept.' }),
  JWKS_URL: urls().meta({
    description:
      "Where this machine reaches the issuer's key set; of several replicas each, with commas between them.",
  }),
  TOKEN_AUDIENCE: z.string().default('plinth-api').meta({ description: 'The `aud` that a token must hold.' }),
  TOKEN_CLIENTS: z
    .string()
    .default('plinth-console')
    .transform((value) => value.split(',').flatMap((item) => item.trim() || []))
    .meta({
      description:
        'The clients (`azp`) whose tokens are accepted, with commas between them, beside those of service accounts.',
    }),
  REDIS_URL: z.url().optional().meta({
    description:
      'Where several gateways share their rate limits and hear of what is revoked; without it each counts alone and asks.',
  }),
  GATEWAY_REPLICAS: z.coerce.number().int().min(1).default(1).meta({
    description: 'How many gateways share a limit while each counts alone.',
  }),
  TRUSTED_PROXIES: list().meta({
    description:
      'Addresses or CIDRs whose `X-Forwarded-For` and trace headers are believed, with commas between them.',
  }),
  CORS_ORIGINS: list().meta({ description: 'Origins whose pages may call, with commas between them.' }),
  PLINTH_STRICT_HEADERS: flag(true).meta({
    description:
      '`false` makes version, correlation id and idempotency key optional in the platform dialect.',
  }),
  AUTH_REQUESTS_PER_MINUTE: perMinute(60).meta({
    description: 'Requests a minute from one address to the token routes.',
  }),
  REFUSALS_PER_MINUTE: perMinute(600).meta({
    description: 'Refused credentials a minute from one address before it is told to wait.',
  }),
});

export const settings = fields.superRefine((given, context) => {
  for (const service of UPSTREAMS) {
    const internalUrls = given[internalUrlSettingOf(service)];
    if (!internalUrls || internalUrls.length === given[urlSettingOf(service)].length) continue;
    const message = `names as many replicas as ${urlSettingOf(service)}, in the same order`;
    context.addIssue({ code: 'custom', path: [internalUrlSettingOf(service)], message });
  }
});

export type Settings = z.output<typeof settings>;
