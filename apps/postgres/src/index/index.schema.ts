import { pageOf } from '@plinth/contracts';
import { z } from 'zod';
import { identifier } from '../ddl/identifier.ts';
import { columnName, dryRun, tableName, workspaceId } from '../ddl/change.schema.ts';
import { changedTable } from '../table/table.schema.ts';

const METHODS = ['btree', 'hash', 'gin', 'gist', 'brin'] as const;
const MOST_COLUMNS = 32;

const name = identifier.meta({
  description: 'Its name, unique among tables and indexes.',
  example: 'note_author',
});
const method = z.enum(METHODS).meta({
  description: 'How it is built: `btree` to compare and to order, `gin` for JSON, arrays and text search.',
  example: 'btree',
});
const unique = z
  .boolean()
  .meta({ description: 'Whether no two rows have the same values there.', example: false });

const fields = { name, method, unique };

const STATES = ['ready', 'building', 'failed'] as const;

export const tableIndex = z
  .object({
    ...fields,
    columns: z.array(z.string()).meta({
      description: 'What it is of, in order; an expression is written as SQL.',
      example: ['author_id'],
    }),
    primary: z.boolean().meta({ description: 'Whether it is of the primary key.', example: false }),
    constraint: z.boolean().meta({
      description: 'Whether it belongs to a key or a rule of the table, and goes with that.',
      example: false,
    }),
    definition: z.string().meta({
      description: 'As SQL.',
      example: 'CREATE INDEX note_author ON ws.note USING btree (author_id)',
    }),
    state: z.enum(STATES).meta({
      description:
        'Whether it is used by queries. One that is `building` will be; one that `failed` never, and costs every write: delete it, or create it again.',
      example: 'ready',
    }),
    progress: z
      .object({
        phase: z.string().meta({
          description: 'In the words of Postgres.',
          example: 'building index: scanning table',
        }),
        percent: z
          .number()
          .nullable()
          .meta({ description: 'How much of the phase is done, where that is known.', example: 40 }),
      })
      .nullable()
      .meta({ description: 'How far the build is.', example: null }),
    reason: z.string().nullable().meta({ description: 'Why it failed.', example: null }),
  })
  .meta({ id: 'TableIndex', description: 'An index of a table.' });
export type TableIndex = z.output<typeof tableIndex>;

export const indexPage = pageOf(tableIndex).meta({
  id: 'TableIndexPage',
  description: 'The indexes of a table.',
});

const { sql } = changedTable.shape;

export const changedIndex = z
  .object({ ...tableIndex.shape, sql })
  .meta({ id: 'ChangedTableIndex', description: 'An index that was made.' });
export type ChangedIndex = z.output<typeof changedIndex>;

export const removedIndex = z
  .object({
    name,
    deleted: z.literal(true).meta({ description: 'It is gone.', example: true }),
    sql,
  })
  .meta({ id: 'RemovedTableIndex', description: 'An index that is gone, or would be.' });
export type RemovedIndex = z.output<typeof removedIndex>;

const indexColumn = z.strictObject({
  name: columnName,
  descending: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether the greatest comes first.', example: true }),
});

export const createIndex = z.strictObject({
  workspaceId,
  table: tableName,
  name: name.optional(),
  columns: z
    .array(indexColumn)
    .min(1)
    .max(MOST_COLUMNS)
    .refine((list) => new Set(list.map((one) => one.name)).size === list.length, 'name a column twice')
    .meta({ description: 'What it is of, in order.', example: [{ name: 'title' }] }),
  include: z
    .array(columnName)
    .max(MOST_COLUMNS)
    .default([])
    .meta({ description: 'Columns that it only carries along.', example: [] }),
  method: fields.method.default('btree'),
  unique: fields.unique.default(false),
  dryRun,
});
export type CreateIndex = z.output<typeof createIndex>;

export const indexByName = z.strictObject({ workspaceId, table: tableName, index: name });
export type IndexByName = z.output<typeof indexByName>;

export const removeIndex = z.strictObject({ workspaceId, table: tableName, index: name, dryRun });
export type RemoveIndex = z.output<typeof removeIndex>;
