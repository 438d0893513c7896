import type { RestDialect } from '@plinth/contracts';
import type { OpenAPIObject } from 'trpc-to-openapi';

// The body of an error, as each dialect words it.

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

export const ERROR_SCHEMAS: Record<RestDialect, string> = {
  platform: 'Error',
  organization: 'OrganizationError',
  deployments: 'DeploymentsError',
};

const fieldError: Schemas[string] = {
  type: 'object',
  required: ['path', 'code', 'message'],
  properties: {
    path: { type: 'string', description: 'Which field, by its path.', examples: ['adminEmail'] },
    code: { type: 'string', examples: ['invalid_format'] },
    message: { type: 'string', examples: ['Invalid email address'] },
  },
};

export const errorSchemas: Schemas = {
  Error: {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message', 'correlationId', 'timestamp'],
        properties: {
          code: {
            type: 'string',
            description: 'One of a closed list; it says what went wrong, to a program.',
          },
          message: { type: 'string', description: 'What went wrong, to a person.' },
          correlationId: { type: 'string' },
          timestamp: { type: 'string', format: 'date-time' },
          details: {
            type: 'object',
            description: 'What the code leaves open; `fields` names each bad field.',
            properties: { fields: { type: 'array', items: fieldError } },
            additionalProperties: true,
          },
        },
      },
    },
  },
  OrganizationError: {
    type: 'object',
    required: ['error', 'meta'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message', 'field_errors'],
        properties: {
          code: {
            type: 'string',
            enum: [
              'BAD_REQUEST',
              'UNAUTHENTICATED',
              'FORBIDDEN',
              'NOT_FOUND',
              'CONFLICT',
              'RATE_LIMITED',
              'INTERNAL_ERROR',
            ],
          },
          message: { type: 'string' },
          field_errors: { type: 'array', items: fieldError },
          details: { type: 'object', additionalProperties: true, description: 'With the precise `code`.' },
        },
      },
      meta: {
        type: 'object',
        required: ['request_id'],
        properties: { request_id: { type: 'string' }, timestamp: { type: 'string', format: 'date-time' } },
      },
    },
  },
  DeploymentsError: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
};
