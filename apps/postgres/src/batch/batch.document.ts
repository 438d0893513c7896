import type { NativeRoute } from '@plinth/service';

// Its `$ref` stands within a text: as a key it would be followed by whoever reads the document.
const OPERATIONS = [
  { method: 'POST', path: 'rows/invoices', body: { customer: 1, total: 12.5 } },
  { method: 'PATCH', path: 'rows/invoices?id=eq.{"$ref":"0.id"}', body: { status: 'paid' } },
];

export const RUN: NativeRoute = {
  parameters: [],
  requestBody: {
    description: 'What is done, in order: all of it or nothing.',
    required: true,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['operations'],
          properties: {
            operations: {
              type: 'array',
              minItems: 1,
              maxItems: 50,
              items: {
                type: 'object',
                required: ['method', 'path'],
                properties: {
                  method: { enum: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] },
                  path: {
                    type: 'string',
                    description:
                      'From behind the workspace, with its query: `rows/{table}?…` or `rpc/{function}`.',
                  },
                  body: {
                    description:
                      'The row, the rows or the arguments. `{"$ref": "0.id"}` as a value stands for what an operation before answered; so it does as the value of a filter.',
                  },
                  ifMatch: { type: 'string' },
                  prefer: { type: 'string' },
                },
              },
            },
            isolation: { enum: ['read-committed', 'repeatable-read', 'serializable'] },
          },
        },
        example: { operations: OPERATIONS },
      },
    },
  },
  answer: {
    description: 'What came of each operation, in their order',
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/BatchResults' },
        example: {
          results: [
            { status: 201, headers: { 'content-range': '*/1' }, body: null },
            { status: 204, headers: { 'content-range': '*/1' }, body: null },
          ],
        },
      },
    },
  },
};
