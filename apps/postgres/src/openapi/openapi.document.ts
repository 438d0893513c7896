import type { NativeRoute } from '@plinth/service';

// What the document of the platform says of those of workspaces.

export const DOCUMENT: NativeRoute = {
  parameters: [],
  answer: {
    description: 'An OpenAPI 3.1 document',
    headers: { ETag: { $ref: '#/components/headers/ETag' } },
    content: {
      'application/json': {
        schema: { type: 'object', additionalProperties: true },
        example: {
          openapi: '3.1.0',
          info: { title: 'Data of wks_01HV3C8F3K7Q2M5N9R4T6W8Y0Z', version: '2024-01-01' },
          servers: [{ url: 'https://api.example.com/v1/postgres/wks_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' }],
          paths: {},
        },
      },
    },
  },
  others: { 304: 'The document at hand is still so.' },
};
