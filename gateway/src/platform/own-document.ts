import { API_VERSIONS, NEWEST_VERSION } from '@plinth/contracts';
import { answerHeadersOf, responsesOf, sharedComponents } from '@plinth/service';
import { z } from 'zod';
import type { OpenApiDocument } from '../docs/open-api-document.ts';
import { healthSchema, infoSchema } from './platform.schema.ts';

// What the gateway says of itself in the document, and the head of the whole.

const DESCRIPTION = `One API for identity, tenancy, data, events, functions and storage.

Requests of the platform dialect (\`/v1\`) carry \`X-API-Version\`, \`X-Correlation-Id\` and, where they change something,
\`Idempotency-Key\`. Lists are read page by page with \`cursor\`. Errors are of one closed list of codes; every answer names
its correlation id, and past authentication says what is left of the rate limits. Sign in with \`POST /v1/auth/token\`.`;

/** Nothing is required of who asks the gateway itself, but what is sent must be well formed. */
const optionalHeader = (name: 'ApiVersion' | 'CorrelationId') => ({
  ...sharedComponents.parameters?.[name],
  required: false,
});

interface Answer {
  description: string;
  type?: string;
  schema: object;
  example?: object;
}

const get = (operationId: string, summary: string, answer: Answer) => ({
  get: {
    operationId,
    summary,
    description: answer.description,
    tags: ['Platform'],
    security: [],
    parameters: [optionalHeader('ApiVersion'), optionalHeader('CorrelationId')],
    responses: {
      200: {
        description: summary,
        headers: answerHeadersOf,
        content: {
          [answer.type ?? 'application/json']: {
            schema: answer.schema,
            ...(answer.example && { example: answer.example }),
          },
        },
      },
      ...responsesOf('platform', ['HEADER_INVALID', 'INTERNAL_ERROR']),
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
      affects: 'rate limits hold per gateway, not across gateways',
    },
  ],
};

export function ownDocument(version: string): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Plinth',
      version: NEWEST_VERSION,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: [{ bearer: [] }],
    tags: [{ name: 'Platform', description: 'What this installation is, and how it is.' }],
    components: { ...sharedComponents },
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
          backends: { 'tenancy.postgres': 'postgres', 'gateway.limits': 'local' },
        },
      }),
      '/openapi.json': get('openApiJson', 'Read this document as JSON', {
        description: 'Every route that is served, and no other.',
        schema: { type: 'object' },
      }),
      '/openapi.yaml': get('openApiYaml', 'Read this document as YAML', {
        description: 'Every route that is served, and no other.',
        type: 'application/yaml',
        schema: { type: 'string' },
      }),
    },
  };
}
