import { type ApiVersion, IDEMPOTENCY_KEY_PATTERN, OLDEST_VERSION } from '@plinth/contracts';
import type { OpenAPIObject } from 'trpc-to-openapi';
import { z } from 'zod';
import type { ProcedureMeta } from '../meta.ts';
import type { RouteFacts } from '../rest/procedures.ts';
import { errorSchemas } from './error-schemas.ts';

// What every operation shares: the headers of a dialect, the headers of every answer, the shape of an error.

type Components = NonNullable<OpenAPIObject['components']>;
type Ref = { $ref: string };

const parameter = (name: string): Ref => ({ $ref: `#/components/parameters/${name}` });
const header = (name: string): Ref => ({ $ref: `#/components/headers/${name}` });

/** Either of the two schemes. */
export const CREDENTIALS = [{ bearer: [] }, { apiKey: [] }];

export const schemaRef = (name: string): Ref => ({ $ref: `#/components/schemas/${name}` });

// A header that may be left out has no example: a console would send it along.
const components: Components = {
  securitySchemes: {
    bearer: {
      type: 'http',
      scheme: 'bearer',
      description:
        'An access token from `POST /v1/auth/token`, or an API key from `POST /v1/api-keys`. `Authorization: Api-Key KEY` is the same.',
    },
    apiKey: {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description:
        'An API key, for tools that cannot send it in `Authorization`. One of both headers, never both.',
    },
  },
  parameters: {
    CorrelationId: {
      name: 'X-Correlation-Id',
      in: 'header',
      required: true,
      description: 'Your own id for this request; it comes back with the answer and is in every log line.',
      schema: { type: 'string', pattern: '^[A-Za-z0-9._:-]{8,128}$' },
      example: 'corr-7f3a9c21',
    },
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      required: true,
      description: 'New for each action, the same on its retries: the action takes effect once in 24 hours.',
      schema: { type: 'string', pattern: IDEMPOTENCY_KEY_PATTERN.source.replace('\\x21-\\x7e', '!-~') },
      example: '0d6e2e39-6f3f-4d43-a1b8-3b8e4bd1c9e4',
    },
    OptionalIdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'New for each action, the same on its retries: the action takes effect once in 24 hours.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
    PreferWait: {
      name: 'Prefer',
      in: 'header',
      required: false,
      description:
        '`wait=10`: if an earlier request with this `Idempotency-Key` is still running, wait up to so many seconds, at most 30, for its answer and give that one, instead of 409.',
      schema: { type: 'string' },
    },
    OrganizationId: {
      name: 'X-Organization-Id',
      in: 'header',
      required: false,
      description:
        'The id of the organization that the request is about, for a caller that belongs to several.',
      schema: { type: 'string' },
    },
    IfMatch: {
      name: 'If-Match',
      in: 'header',
      required: false,
      description:
        'The `ETag` that was read, as `"1"`: the change is refused if the resource has changed since.',
      schema: { type: 'string' },
    },
    IfNoneMatch: {
      name: 'If-None-Match',
      in: 'header',
      required: false,
      description: 'The `ETag` of the answer that is at hand: 304 where it is still that one.',
      schema: { type: 'string' },
    },
  },
  headers: {
    CorrelationId: {
      description: 'The correlation id of the request.',
      schema: { type: 'string' },
      example: 'corr-7f3a9c21',
    },
    RateLimit: {
      description: 'What is left of each limit.',
      schema: { type: 'string' },
      example: '"principal";r=599;t=1',
    },
    RateLimitPolicy: {
      description: 'The limits that hold.',
      schema: { type: 'string' },
      example: '"principal";q=600;w=60',
    },
    Degraded: {
      description:
        'Only while something stands in for another: `ratelimit-local` when limits hold per gateway and not across gateways.',
      schema: { type: 'string', enum: ['ratelimit-local'] },
    },
    RetryAfter: {
      description: 'Seconds to wait before the next try.',
      schema: { type: 'integer' },
      example: 1,
    },
    Deprecation: {
      description:
        'Only where the version or the operation is to go: since when, as `@` and seconds since 1970.',
      schema: { type: 'string' },
      example: '@1793491200',
    },
    Sunset: {
      description: 'Only beside `Deprecation`: from when it is answered with 410.',
      schema: { type: 'string' },
      example: 'Tue, 01 Jun 2027 00:00:00 GMT',
    },
    Link: {
      description: 'Only beside `Deprecation`: where to read about it, and what to use instead.',
      schema: { type: 'string' },
      example: '</openapi.json?version=2026-11-01>; rel="successor-version"',
    },
    Challenge: {
      description:
        'What the credential lacks, as RFC 6750 words it; of the answers with 403 only `PERMISSION_DENIED` has it.',
      schema: { type: 'string' },
      example: 'Bearer error="insufficient_scope", scope="tenants:write"',
    },
    ETag: {
      description: 'The version of the resource, for `If-Match`.',
      schema: { type: 'string' },
      example: '"1"',
    },
    NoStore: {
      description: 'The answer holds a secret: no cache may keep it.',
      schema: { type: 'string', enum: ['no-store'] },
    },
    Location: { description: 'Where the new resource is.', schema: { type: 'string' } },
    IdempotencyReplayed: {
      description: '`true` when the answer is the stored one of an earlier request with this key.',
      schema: { type: 'string', enum: ['true'] },
    },
    IdempotencyOriginalRequestId: {
      description: 'Only on a stored answer: the correlation id of the request that took effect.',
      schema: { type: 'string' },
      example: 'corr-7f3a9c21',
    },
    IdempotencyExpires: {
      description: 'Only on a stored answer: from when the key is new again.',
      schema: { type: 'string' },
      example: 'Fri, 16 Jan 2026 10:00:00 GMT',
    },
    IdempotencyBody: {
      description:
        'Only on a stored answer: `current` where the first body was too large to keep, and this is the resource as it is now.',
      schema: { type: 'string', enum: ['current'] },
    },
    PreferenceApplied: {
      description:
        'Only where the request waited for an earlier one with its key: what of `Prefer` was done.',
      schema: { type: 'string' },
      example: 'wait=10',
    },
  },
  schemas: errorSchemas,
};

/** What the documents of all services share, as the document of one version shows it. */
export function sharedComponentsOf(version: ApiVersion): Components {
  return {
    ...components,
    parameters: {
      ApiVersion: {
        name: 'X-API-Version',
        in: 'header',
        required: true,
        description: `The version of the API that the request is written for: any date from ${OLDEST_VERSION} to today.`,
        schema: { type: 'string', format: 'date' },
        example: version,
      },
      ...components.parameters,
    },
    headers: {
      ApiVersion: {
        description: 'The version that served the request.',
        schema: { type: 'string' },
        example: version,
      },
      ...components.headers,
    },
  };
}

/** The token routes change nothing that could happen twice. */
const takesKey = (meta: ProcedureMeta, type: RouteFacts['type']): boolean =>
  type === 'mutation' && meta.permission !== 'anonymous';

/** What an operation says of the header, for clients that make keys by themselves. */
export function idempotencyOf({ route, meta, type }: RouteFacts): 'required' | 'supported' | undefined {
  if (!takesKey(meta, type)) return undefined;
  return route.dialect === 'platform' ? 'required' : 'supported';
}

/** Whether it answers 304 to who has the answer already. */
export const tellsUnchanged = ({ route, output }: RouteFacts): boolean =>
  route.method === 'GET' && (route.native ? route.native.others?.[304] !== undefined : hasEtag(output));

export const hasEtag = (output: RouteFacts['output']): boolean =>
  output instanceof z.ZodObject && 'etag' in output.shape;

const isPrefer = (header: { name?: unknown }): boolean => header.name === 'Prefer';

export function requestHeaders(facts: RouteFacts): Ref[] {
  const { route, input, meta, type } = facts;
  const isPlatform = route.dialect === 'platform';
  const isSignedIn = meta.permission !== 'anonymous';
  const names = [
    ...(isPlatform ? ['ApiVersion', 'CorrelationId'] : []),
    ...(takesKey(meta, type) ? [isPlatform ? 'IdempotencyKey' : 'OptionalIdempotencyKey'] : []),
    ...(takesKey(meta, type) && !route.native?.parameters.some(isPrefer) ? ['PreferWait'] : []),
    ...(isPlatform && isSignedIn ? ['OrganizationId'] : []),
    ...(input && 'ifMatch' in input.shape ? ['IfMatch'] : []),
    ...(tellsUnchanged(facts) ? ['IfNoneMatch'] : []),
  ];
  return names.map(parameter);
}

/** What every answer carries, of whatever route. */
export const answerHeadersOf = {
  'X-Correlation-Id': header('CorrelationId'),
  'X-API-Version': header('ApiVersion'),
};

const endHeaders = { Deprecation: header('Deprecation'), Sunset: header('Sunset'), Link: header('Link') };

const replayHeaders = {
  'X-Idempotency-Original-Request-Id': header('IdempotencyOriginalRequestId'),
  'X-Idempotency-Expires': header('IdempotencyExpires'),
  'X-Idempotency-Body': header('IdempotencyBody'),
  'Preference-Applied': header('PreferenceApplied'),
};

export function answerHeaders(facts: RouteFacts): Record<string, Ref> {
  return {
    ...answerHeadersOf,
    ...((facts.route.dialect === 'platform' || facts.meta.deprecated) && endHeaders),
    RateLimit: header('RateLimit'),
    'RateLimit-Policy': header('RateLimitPolicy'),
    'X-Degraded': header('Degraded'),
    ...(hasEtag(facts.output) && { ETag: header('ETag') }),
    ...(facts.route.noStore && { 'Cache-Control': header('NoStore') }),
    ...(facts.route.location && { Location: header('Location') }),
    ...(facts.type === 'mutation' && { 'X-Idempotency-Replayed': header('IdempotencyReplayed') }),
    ...(takesKey(facts.meta, facts.type) && replayHeaders),
  };
}

export function errorHeaders(status: number): Record<string, Ref> {
  return {
    ...answerHeadersOf,
    ...([401, 403].includes(status) && { 'WWW-Authenticate': header('Challenge') }),
    ...([429, 502, 503, 504].includes(status) && { 'Retry-After': header('RetryAfter') }),
  };
}
