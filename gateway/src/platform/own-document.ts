import { API_VERSIONS, NEWEST_VERSION } from '@plinth/contracts';
import { z } from 'zod';
import type { OpenApiDocument } from '../docs/open-api-document.ts';
import { healthSchema, infoSchema } from './platform.schema.ts';

// What the gateway says of itself in the document, and the head of the whole.

const HEADERS = {
  'X-Correlation-Id': {
    description: 'The correlation id of the request.',
    schema: { type: 'string' },
    example: 'corr-7f3a9c21',
  },
  'X-API-Version': {
    description: 'The version that served the request.',
    schema: { type: 'string' },
    example: NEWEST_VERSION,
  },
};

/** Nothing is required of who asks the gateway itself, but what is sent must be well formed. */
const PARAMETERS = [
  {
    name: 'X-API-Version',
    in: 'header',
    required: false,
    description: 'The version of the API that the request is written for.',
    schema: { type: 'string', format: 'date', examples: [...API_VERSIONS] },
    example: NEWEST_VERSION,
  },
  {
    name: 'X-Correlation-Id',
    in: 'header',
    required: false,
    description: 'Your own id for this request.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9._:-]{8,128}$' },
    example: 'corr-7f3a9c21',
  },
];

const refused = (description: string, code: string, message: string) => ({
  description,
  headers: HEADERS,
  content: {
    'application/json': {
      schema: { $ref: '#/components/schemas/GatewayError' },
      example: {
        error: { code, message, correlationId: 'corr-7f3a9c21', timestamp: '2026-01-15T10:00:00.000Z' },
      },
    },
  },
});

const ERRORS = {
  '400': refused('A header is malformed.', 'HEADER_INVALID', 'A header is malformed'),
  '500': refused('An error of ours.', 'INTERNAL_ERROR', 'Internal server error'),
};

function operation(operationId: string, summary: string, description: string, responses: object) {
  return {
    get: {
      operationId,
      summary,
      description,
      tags: ['Platform'],
      security: [],
      parameters: PARAMETERS,
      responses: { ...responses, ...ERRORS },
    },
  };
}

const answer = (description: string, type: string, schema: object, example?: unknown) => ({
  '200': {
    description,
    headers: HEADERS,
    content: { [type]: { schema, ...(example !== undefined && { example }) } },
  },
});

const schemaOf = (schema: z.ZodType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12' });
  return rest;
};

const errorSchema = {
  type: 'object',
  description: 'An error that the gateway answers.',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'correlationId', 'timestamp'],
      properties: {
        code: { type: 'string', description: 'What went wrong, to a program.' },
        message: { type: 'string', description: 'What went wrong, to a person.' },
        correlationId: { type: 'string', description: 'The id of the request, as in every log line.' },
        timestamp: { type: 'string', format: 'date-time', description: 'When it went wrong.' },
        details: { type: 'object', additionalProperties: true, description: 'What the code leaves open.' },
      },
    },
  },
};

const HEALTH_EXAMPLE = {
  status: 'ok',
  timestamp: '2026-01-15T10:00:00.000Z',
  dependencies: [
    { name: 'tenancy', status: 'ok' },
    { name: 'tenancy.database', status: 'ok', backend: 'embedded-postgres' },
  ],
};

export function ownDocument(version: string): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Plinth',
      version: NEWEST_VERSION,
      description: 'Identity, tenancy, data, events, functions and storage behind one gateway.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: [{ bearer: [] }],
    tags: [{ name: 'Platform', description: 'What this installation is, and how it is.' }],
    paths: {
      '/v1/platform/health': operation(
        'platformHealth',
        'See how the platform is',
        'Open to anybody, also while the platform is degraded: then it says what that affects.',
        answer('How the platform is.', 'application/json', schemaOf(healthSchema), HEALTH_EXAMPLE),
      ),
      '/v1/platform/info': operation(
        'platformInfo',
        'See what the platform is',
        'Its version, the API versions it serves, and what stands behind each of its parts.',
        answer('What the platform is.', 'application/json', schemaOf(infoSchema), {
          name: 'plinth',
          version,
          apiVersions: API_VERSIONS,
          newestApiVersion: NEWEST_VERSION,
          backends: { 'tenancy.database': 'embedded-postgres' },
        }),
      ),
      '/openapi.json': operation(
        'openApiJson',
        'Read this document as JSON',
        'Every route that is served, and no other.',
        answer('The document.', 'application/json', { type: 'object' }),
      ),
      '/openapi.yaml': operation(
        'openApiYaml',
        'Read this document as YAML',
        'Every route that is served, and no other.',
        answer('The document.', 'application/yaml', { type: 'string' }),
      ),
      '/docs': operation(
        'docs',
        'Read this document in a browser',
        'The reference, with a console to try it out.',
        answer('The page.', 'text/html', { type: 'string' }),
      ),
    },
    components: { schemas: { GatewayError: errorSchema } },
  };
}
