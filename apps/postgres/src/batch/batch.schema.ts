import { json } from '@plinth/contracts';
import { z } from 'zod';
import { allowFullTable, workspaceId } from '../rows/rows.schema.ts';

// Several requests to the rows and functions of a workspace, as one.

const MOST_OPERATIONS = 50;

const operation = z.strictObject({
  method: z
    .enum(['GET', 'POST', 'PATCH', 'PUT', 'DELETE'])
    .meta({ description: 'As of the request by itself.', example: 'POST' }),
  path: z.string().min(1).max(16_384).meta({
    description: 'From behind the workspace, with its query: `rows/{table}?…` or `rpc/{function}`.',
    example: 'rows/invoices',
  }),
  body: json.optional().meta({
    description:
      'The row, the rows or the arguments. `{"$ref": "0.id"}` as a value stands for what an operation before answered.',
    example: { customer: 1, total: '12.50' },
  }),
  ifMatch: z.string().max(1_024).optional().meta({ description: 'As the header.', example: '"751"' }),
  allowFullTable,
  prefer: z
    .string()
    .max(1_024)
    .optional()
    .meta({ description: 'As the header.', example: 'return=representation' }),
});

export const runBatch = z.strictObject({
  workspaceId,
  operations: z
    .array(operation)
    .min(1)
    .max(MOST_OPERATIONS)
    .meta({ description: `What is done, in this order: up to ${MOST_OPERATIONS}.` }),
  isolation: z
    .enum(['read-committed', 'repeatable-read', 'serializable'])
    .optional()
    .meta({ description: 'Of the transaction of all of them.', example: 'serializable' }),
});

/** Without its values, which stay the text that they are. */
export const writtenBatch = runBatch.omit({ workspaceId: true }).extend({
  operations: z
    .array(operation.extend({ body: z.unknown().optional() }))
    .min(1)
    .max(MOST_OPERATIONS),
});

export const batchResults = z
  .object({
    results: z
      .array(
        z.object({
          status: z
            .int()
            .meta({ description: 'What the request by itself would be answered.', example: 201 }),
          headers: z.record(z.string(), z.string()).meta({
            description: 'Those that say something of the rows.',
            example: { 'content-range': '*/1' },
          }),
          body: json.meta({ description: 'The rows or the value; null where there is none.', example: null }),
        }),
      )
      .meta({ description: 'What came of each operation, in their order.' }),
  })
  .meta({ id: 'BatchResults', description: 'What came of a batch.' });

export type RunBatch = z.output<typeof runBatch>;
export type BatchResults = z.output<typeof batchResults>;
