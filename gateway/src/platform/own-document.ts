import {
  API_VERSIONS,
  type ApiVersion,
  DEGRADED_MODES,
  documentPathOf,
  type ErrorCode,
  NEWEST_VERSION,
} from '@plinth/contracts';
import { answerHeadersOf, CREDENTIALS, responsesOf, sharedComponentsOf } from '@plinth/service';
import { z } from 'zod';
import type { OpenApiDocument } from '../docs/open-api-document.ts';
import { healthSchema, infoSchema } from './platform.schema.ts';

// What the gateway says of itself in the document, and the head of the whole.

const DESCRIPTION = `One API for identity, tenancy and the data of workspaces.

To try it at \`/docs\`, send \`POST /v1/auth/token\` there and put the \`access_token\` of the answer into Authentication.

Requests of the platform dialect (\`/v1\`) carry \`X-API-Version\`, \`X-Correlation-Id\` and, where they change something,
\`Idempotency-Key\`. Lists are read page by page with \`cursor\`. Errors are of one closed list of codes; every answer names
its correlation id, and past authentication says what is left of the rate limits. People sign in with \`POST /v1/auth/token\`;
programs show an API key, from \`POST /v1/api-keys\`, in every dialect.

Versions are dates. A request of the platform dialect is served as its version promises: what would break it comes with a
new date. \`GET /v1/platform/info\` lists the versions. This document is at [/openapi.json](/openapi.json) and
[/openapi.yaml](/openapi.yaml), of another version with \`?version=<date>\`. Within a version, fields and values are added:
take what you do not know for something new. What is to go says so in \`Deprecation\` and \`Sunset\` headers, six months
before.`;

/** Nothing is required of who asks the gateway itself, but what is sent must be well formed. */
const optionalHeaders = (version: ApiVersion): object[] => {
  const { ApiVersion, CorrelationId } = sharedComponentsOf(version).parameters ?? {};
  return [ApiVersion, CorrelationId].map((header) => ({ ...header, required: false }));
};

const versionParameter = (version: ApiVersion) => ({
  name: 'version',
  in: 'query',
  required: false,
  description: 'Which version to read about: the newest, if none is given.',
  schema: { type: 'string', enum: API_VERSIONS },
  example: version,
});

interface Answer {
  description: string;
  type?: string;
  schema: object;
  example: object | string;
  parameters?: object[];
  errors?: ErrorCode[];
}

const describeGet = (operationId: string, summary: string, answer: Answer, version: ApiVersion) => ({
  get: {
    operationId,
    summary,
    description: answer.description,
    tags: ['Platform'],
    security: [],
    parameters: [...(answer.parameters ?? []), ...optionalHeaders(version)],
    responses: {
      200: {
        description: summary,
        headers: answerHeadersOf,
        content: {
          [answer.type ?? 'application/json']: {
            schema: answer.schema,
            example: answer.example,
          },
        },
      },
      ...responsesOf('platform', ['HEADER_INVALID', ...(answer.errors ?? []), 'INTERNAL_ERROR']),
    },
  },
});

const schemaOf = (schema: z.ZodType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12' });
  return rest;
};

const HEALTH_EXAMPLE = {
  status: 'degraded',
  timestamp: '2026-01-15T10:00:00.000Z',
  dependencies: [
    { name: 'tenancy', status: 'ok' },
    { name: 'tenancy.postgres', status: 'ok', backend: 'postgres' },
    {
      name: 'gateway.limits',
      status: 'degraded',
      backend: 'redis',
      affects: DEGRADED_MODES['gateway.limits'].affects,
      stillWorks: DEGRADED_MODES['gateway.limits'].stillWorks,
    },
  ],
};

const reading = (apiVersion: ApiVersion): Pick<Answer, 'parameters' | 'errors'> => ({
  parameters: [versionParameter(apiVersion)],
  errors: ['API_VERSION_UNSUPPORTED'],
});

export function ownDocument(version: string, apiVersion: ApiVersion): OpenApiDocument {
  const get = (operationId: string, summary: string, answer: Answer) =>
    describeGet(operationId, summary, answer, apiVersion);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Plinth',
      version: apiVersion,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: CREDENTIALS,
    tags: [{ name: 'Platform', description: 'What this installation is, and how it is.' }],
    components: { ...sharedComponentsOf(apiVersion) },
    paths: {
      '/v1/platform/health': get('platformHealth', 'See how the platform is', {
        description: 'Open to anybody, also while the platform is degraded: then it says what that affects.',
        schema: schemaOf(healthSchema),
        example: HEALTH_EXAMPLE,
      }),
      '/v1/platform/info': get('platformInfo', 'See what the platform is', {
        description: 'Its version, the API versions it serves, and what stands behind each of its parts.',
        schema: schemaOf(infoSchema),
        example: {
          name: 'plinth',
          version,
          apiVersions: API_VERSIONS,
          newestApiVersion: NEWEST_VERSION,
          versions: API_VERSIONS.map((date) => ({
            date,
            status: date === NEWEST_VERSION ? 'current' : 'supported',
            deprecatedSince: null,
            sunset: null,
            document: documentPathOf(date),
          })),
          backends: { 'tenancy.postgres': 'postgres', 'gateway.limits': 'local' },
        },
      }),
      '/openapi.json': get('openApiJson', 'Read this document as JSON', {
        description: 'Every route that is served, and no other, as one version has it.',
        schema: { type: 'object' },
        example: { openapi: '3.1.0', info: { title: 'Plinth', version: apiVersion }, paths: {} },
        ...reading(apiVersion),
      }),
      '/openapi.yaml': get('openApiYaml', 'Read this document as YAML', {
        description: 'Every route that is served, and no other, as one version has it.',
        ...reading(apiVersion),
        type: 'application/yaml',
        schema: { type: 'string' },
        example: `openapi: 3.1.0\ninfo:\n  title: Plinth\n  version: ${apiVersion}\npaths: {}\n`,
      }),
    },
  };
}
