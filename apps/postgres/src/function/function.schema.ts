import { json, pageOf, pageQuery } from '@plinth/contracts';
import { z } from 'zod';
import { row, select, where, workspaceId } from '../rows/rows.schema.ts';

// Functions of a workspace, and the typed spelling of a call of one.

const functionName = z
  .string()
  .min(1)
  .max(63)
  .meta({ description: 'A function of the workspace.', example: 'open_invoices' });

export const callFunction = z.strictObject({
  workspaceId,
  function: functionName,
  arguments: row
    .default({})
    .meta({ description: 'The arguments, by their names.', example: { customer: 1 } }),
  select,
  where,
  order: z.string().optional().meta({ description: 'As `total.desc.nullslast,id`.', example: 'total.desc' }),
  limit: z.int().min(0).optional().meta({ description: 'At most so many rows.', example: 20 }),
  offset: z.int().min(0).optional().meta({ description: 'Leaves out so many rows first.' }),
});

export const functionResult = z
  .object({
    result: json.meta({
      description: 'What it returned: a value, a row, or a list of them. Null where it returns nothing.',
      example: [{ id: 1, total: '12.50' }],
    }),
  })
  .meta({ id: 'FunctionResult', description: 'What a function returned.' });

const parameter = z.object({
  name: z.string().meta({ description: 'Its name; empty where it has none.', example: 'customer' }),
  type: z.string().meta({ description: 'Its type, as Postgres writes it.', example: 'bigint' }),
  hasDefault: z.boolean().meta({ description: 'Whether it can be left out.', example: false }),
  isVariadic: z.boolean().meta({ description: 'Whether it takes any number of values.', example: false }),
});

const workspaceFunction = z
  .object({
    name: z.string().meta({ description: 'What it is called by.', example: 'open_invoices' }),
    comment: z
      .string()
      .nullable()
      .meta({ description: 'What was written about it.', example: 'Invoices that are not paid.' }),
    parameters: z.array(parameter).meta({ description: 'What it is called with, in order.' }),
    returns: z
      .object({
        type: z.string().meta({ description: 'As Postgres writes it.', example: 'invoices' }),
        isList: z.boolean().meta({ description: 'Whether there can be any number of them.', example: true }),
        table: z.string().nullable().meta({
          description: 'The table whose rows these are: they can be selected from, filtered and ordered.',
          example: 'invoices',
        }),
      })
      .meta({ description: 'What comes back.' }),
    volatility: z.enum(['immutable', 'stable', 'volatile']).meta({
      description: 'Whether it may change something (`volatile`); what may not can be called by GET.',
      example: 'stable',
    }),
  })
  .meta({ id: 'WorkspaceFunction', description: 'A function of a workspace.' });

export const functionPage = pageOf(workspaceFunction).meta({
  id: 'WorkspaceFunctionPage',
  description: 'A page of functions.',
});

export const listFunctions = z.strictObject({ workspaceId, ...pageQuery });

export type CallFunction = z.output<typeof callFunction>;
export type FunctionResult = z.output<typeof functionResult>;
export type ListFunctions = z.output<typeof listFunctions>;
export type WorkspaceFunction = z.output<typeof workspaceFunction>;
