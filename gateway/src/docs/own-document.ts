import { API_VERSIONS, NEWEST_VERSION } from '@plinth/contracts';
import { answerHeadersOf, responsesOf, sharedComponents } from '@plinth/service';
import type { OpenApiDocument } from './open-api-document.ts';

// The head of the product's document, and the routes that the gateway answers itself.

const DESCRIPTION = `One API for identity, tenancy, data, events, functions and storage.

Requests of the platform dialect (\`/v1\`) carry \`X-API-Version\`, \`X-Correlation-Id\` and, where they change something,
\`Idempotency-Key\`. Lists are read page by page with \`cursor\`. Errors are of one closed list of codes; every answer names
its correlation id, and past authentication says what is left of the rate limits. Sign in with \`POST /v1/auth/token\`.`;

const STATES = ['ok', 'degraded', 'down'];

const health = {
  type: 'object',
  required: ['status', 'timestamp', 'dependencies'],
  properties: {
    status: { type: 'string', enum: ['ok', 'degraded'], description: 'Whether all of the platform works.' },
    timestamp: { type: 'string', format: 'date-time' },
    dependencies: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'status'],
        properties: {
          name: { type: 'string', description: 'A service, or what a service stands on.' },
          status: { type: 'string', enum: STATES },
          backend: { type: 'string', description: 'What stands behind it, where there is a choice.' },
          affects: {
            type: 'string',
            description: 'What does not work, or not as well, while it is like this.',
          },
        },
      },
    },
  },
};

const healthExample = {
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

const info = {
  type: 'object',
  required: ['name', 'version', 'apiVersions', 'newestApiVersion', 'backends'],
  properties: {
    name: { type: 'string', const: 'plinth' },
    version: { type: 'string', description: 'The version of this installation.' },
    apiVersions: {
      type: 'array',
      items: { type: 'string', format: 'date' },
      description: 'The versions served.',
    },
    newestApiVersion: { type: 'string', format: 'date' },
    backends: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'What stands behind each port: an embedded default or a real system.',
    },
  },
};

const infoExample = {
  name: 'plinth',
  version: '0.1.0',
  apiVersions: API_VERSIONS,
  newestApiVersion: NEWEST_VERSION,
  backends: { 'tenancy.postgres': 'postgres', 'gateway.limits': 'local' },
};

interface Answer {
  description: string;
  type: string;
  schema: object;
  example?: object;
}

const get = (operationId: string, summary: string, { description, type, schema, example }: Answer) => ({
  get: {
    operationId,
    summary,
    description,
    tags: ['Platform'],
    security: [],
    responses: {
      200: {
        description: summary,
        headers: answerHeadersOf,
        content: { [type]: { schema, ...(example && { example }) } },
      },
      ...responsesOf('platform', ['HEADER_INVALID', 'INTERNAL_ERROR']),
    },
  },
});

export function createOwnDocument(version: string): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Plinth',
      version: NEWEST_VERSION,
      summary: `The API of Plinth ${version}.`,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: [{ bearer: [] }],
    tags: [{ name: 'Platform', description: 'How the platform is, and what it is made of.' }],
    components: { ...sharedComponents },
    paths: {
      '/v1/platform/health': get('platformHealth', 'Get the health of the platform', {
        description: 'Needs no credential and no headers. It is 200 as long as the gateway answers.',
        type: 'application/json',
        schema: health,
        example: healthExample,
      }),
      '/v1/platform/info': get('platformInfo', 'Get what the platform is made of', {
        description: 'Needs no credential and no headers.',
        type: 'application/json',
        schema: info,
        example: infoExample,
      }),
      '/openapi.json': get('platformOpenapiJson', 'Get this document as JSON', {
        description: 'The OpenAPI document of the whole product.',
        type: 'application/json',
        schema: { type: 'object' },
      }),
      '/openapi.yaml': get('platformOpenapiYaml', 'Get this document as YAML', {
        description: 'The OpenAPI document of the whole product.',
        type: 'application/yaml',
        schema: { type: 'string' },
      }),
    },
  };
}
