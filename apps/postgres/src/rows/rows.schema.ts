import { idSchema, json } from '@plinth/contracts';
import { z } from 'zod';

// The typed spelling of what a URL says of rows. Filters are written as there: `{ status: 'eq.open', total: ['gt.10', 'lt.20'] }`.

export const workspaceId = idSchema('workspace').meta({ description: 'The workspace.' });
const table = z.string().min(1).max(63).meta({ description: 'A table or view.', example: 'invoices' });

export const select = z
  .string()
  .optional()
  .meta({ description: 'Which columns and related rows.', example: 'id,total,customer:customers(name)' });
export const where = z
  .record(z.string(), z.union([z.string(), z.array(z.string())]))
  .default({})
  .meta({ description: 'Filters by column, all of which hold.', example: { status: 'eq.open' } });
export const row = z.record(z.string(), json);
const rows = z
  .union([row, z.array(row)])
  .meta({ description: 'A row, or up to 1,000.', example: [{ customer: 1, total: '12.50' }] });
const returning = z
  .enum(['minimal', 'representation'])
  .default('minimal')
  .meta({ description: 'Whether the rows come back as they are now.' });
const maxAffected = z
  .int()
  .min(0)
  .max(1_000_000)
  .optional()
  .meta({ description: 'How many rows may be touched; more and nothing is done. 1,000 unless said.' });

export const allowFullTable = z.string().max(250).optional().meta({
  description:
    'The name of the table again, where all of its rows are meant and no filter says which. Needs the permission `rows:truncate`.',
  example: 'invoices',
});

const first = {
  order: z.string().optional().meta({
    description: 'With a limit, which rows come first: ends in a unique key.',
    example: 'id',
  }),
  limit: z.int().min(0).optional().meta({
    description: 'Changes the first so many rows of the order, and no others.',
    example: 10,
  }),
};

const place = { workspaceId, table };

export const listRows = z.strictObject({
  ...place,
  select,
  where,
  order: z.string().optional().meta({ description: 'As `total.desc.nullslast,id`.', example: 'total.desc' }),
  limit: z.int().min(0).optional().meta({ description: 'At most so many rows.', example: 20 }),
  offset: z.int().min(0).optional().meta({ description: 'Leaves out so many rows first.' }),
  cursor: z.string().optional().meta({ description: 'The `nextCursor` of the page before.' }),
  count: z
    .enum(['exact', 'planned', 'estimated'])
    .optional()
    .meta({ description: 'Whether to count all rows that fit.' }),
});

export const insertRows = z.strictObject({
  ...place,
  rows,
  select,
  returning,
  onConflict: z
    .string()
    .optional()
    .meta({ description: 'The columns of a unique key: rows that are there already are taken as it says.' }),
  resolution: z
    .enum(['merge', 'ignore'])
    .optional()
    .meta({ description: 'What becomes of rows that are there already: changed, or left as they are.' }),
});

export const updateRows = z.strictObject({
  ...place,
  where,
  values: row.meta({ description: 'What changes.', example: { status: 'paid' } }),
  select,
  returning,
  maxAffected,
  allowFullTable,
  ...first,
});

export const upsertRow = z.strictObject({
  ...place,
  where,
  values: row.meta({ description: 'The whole row, its key included.', example: { id: 1, status: 'paid' } }),
  select,
  returning,
});

export const removeRows = z.strictObject({
  ...place,
  where,
  select,
  returning,
  maxAffected,
  allowFullTable,
  ...first,
});

export const listedRows = z
  .object({
    rows: z.array(row).meta({ description: 'The rows.' }),
    total: z
      .number()
      .nullable()
      .meta({ description: 'How many fit, where it was asked for.', example: null }),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'For the next page; null on the last.', example: null }),
  })
  .meta({ id: 'Rows', description: 'Rows of a table.' });

export const writtenRows = z
  .object({
    affected: z.number().meta({ description: 'How many rows were written or deleted.', example: 1 }),
    inserted: z.number().meta({ description: 'How many of them are new.', example: 1 }),
    rows: z
      .array(row)
      .nullable()
      .meta({ description: 'The rows, where they were asked for.', example: null }),
  })
  .meta({ id: 'WrittenRows', description: 'What was done to rows.' });

export type ListRows = z.output<typeof listRows>;
export type InsertRows = z.output<typeof insertRows>;
export type UpdateRows = z.output<typeof updateRows>;
export type UpsertRow = z.output<typeof upsertRow>;
export type RemoveRows = z.output<typeof removeRows>;
export type ListedRows = z.output<typeof listedRows>;
export type WrittenRows = z.output<typeof writtenRows>;
