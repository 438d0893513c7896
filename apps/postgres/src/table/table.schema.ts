import { pageOf, pageQuery } from '@plinth/contracts';
import { z } from 'zod';
import { cascade, columnName, comment, dryRun, tableName, workspaceId } from '../ddl/change.schema.ts';
import { column, columnChange, hidable, newColumn } from './column.schema.ts';
import { constraint, constraintName, newCheck, newForeignKey, newUnique } from './constraint.schema.ts';

const MOST_COLUMNS = 500;
const MOST_CONSTRAINTS = 100;

const policiesFor = hidable.meta({
  description:
    'Whose rows the policies of the table decide about. Everybody else who may use it has all of its rows, members always.',
  example: ['user'],
});

const tableFields = {
  name: tableName,
  comment: comment.meta({ description: 'What its rows are.', example: 'Notes of our users.' }),
  columns: z.array(column).meta({ description: 'Its columns, in order.' }),
  constraints: z
    .array(constraint)
    .meta({ description: 'What its rows meet: checks, and its keys, the oldest first.' }),
  policiesFor,
};

export const table = z.object(tableFields).meta({ id: 'Table', description: 'A table of a workspace.' });
export type Table = z.output<typeof table>;

export const changedTable = z
  .object({
    ...tableFields,
    sql: z.array(z.string()).meta({
      description: 'Of a dry run: the statements that would make it so.',
      example: [],
    }),
  })
  .meta({ id: 'ChangedTable', description: 'A table as a change leaves it.' });

export type ChangedTable = z.output<typeof changedTable>;

export const tablePage = pageOf(table).meta({ id: 'TablePage', description: 'A page of tables.' });

const newConstraints = {
  checks: z
    .array(newCheck)
    .max(MOST_CONSTRAINTS)
    .optional()
    .meta({
      description: 'What each of its rows meets.',
      example: [{ name: 'has_title', conditions: [{ column: 'title', operator: 'notEmpty' }] }],
    }),
  uniques: z
    .array(newUnique)
    .max(MOST_CONSTRAINTS)
    .optional()
    .meta({
      description: 'Columns that no two rows have the same values in.',
      example: [{ columns: ['title', 'owner'] }],
    }),
  foreignKeys: z.array(newForeignKey).max(MOST_CONSTRAINTS).optional().meta({
    description: 'Columns that together hold the key of a row of another table.',
    example: [],
  }),
};
const constraintNames = z.array(constraintName).max(MOST_CONSTRAINTS);

const distinct = (columns: readonly { name: string }[]) =>
  new Set(columns.map(({ name }) => name)).size === columns.length;

export const createTable = z.strictObject({
  workspaceId,
  name: tableName,
  columns: z
    .array(newColumn)
    .min(1)
    .max(MOST_COLUMNS)
    .refine(distinct, 'name a column twice')
    .meta({
      description: 'Its columns, in order.',
      example: [
        { name: 'id', type: 'bigint', primaryKey: true, identity: 'always' },
        { name: 'title', type: 'text', nullable: false },
        { name: 'created_at', type: 'timestamptz', default: { function: 'now()' } },
        { name: 'owner', type: 'text', default: 'plinth.uid()' },
      ],
    }),
  ...newConstraints,
  comment: tableFields.comment.optional(),
  policiesFor: policiesFor.default(['user']),
  dryRun,
});
export type CreateTable = z.output<typeof createTable>;

export const listTables = z.strictObject({ workspaceId, ...pageQuery });
export type ListTables = z.output<typeof listTables>;

export const tableByName = z.strictObject({ workspaceId, table: tableName });
export type TableByName = z.output<typeof tableByName>;

export const updateTable = z.strictObject({
  workspaceId,
  table: tableName,
  name: tableName.optional().meta({ description: 'What it is called from now on.', example: 'entry' }),
  comment: tableFields.comment.optional(),
  addColumns: z
    .array(newColumn)
    .max(MOST_COLUMNS)
    .refine(distinct, 'name a column twice')
    .optional()
    .meta({ description: 'Columns that it gets.', example: [{ name: 'done', type: 'boolean' }] }),
  alterColumns: z
    .array(columnChange)
    .max(MOST_COLUMNS)
    .refine(distinct, 'name a column twice')
    .optional()
    .meta({ description: 'Columns that change.', example: [{ name: 'title', comment: 'In one line.' }] }),
  dropColumns: z
    .array(columnName)
    .max(MOST_COLUMNS)
    .optional()
    .meta({ description: 'Columns that go, with what they hold.', example: ['created_at'] }),
  addChecks: newConstraints.checks,
  addUniques: newConstraints.uniques,
  addForeignKeys: newConstraints.foreignKeys,
  validateConstraints: constraintNames.optional().meta({
    description:
      'Checks and foreign keys that were asked of new rows alone: the others are looked at now, while rows are read and written.',
    example: [],
  }),
  dropConstraints: constraintNames.optional().meta({
    description: 'Checks and keys that go, but the primary key.',
    example: [],
  }),
  policiesFor: policiesFor.optional(),
  dryRun,
});
export type UpdateTable = z.output<typeof updateTable>;

export const removeTable = z.strictObject({ workspaceId, table: tableName, cascade, dryRun });
export type RemoveTable = z.output<typeof removeTable>;

export const removedTable = z
  .object({
    name: tableName,
    deleted: z.literal(true).meta({ description: 'It is gone.', example: true }),
    sql: changedTable.shape.sql,
  })
  .meta({ id: 'RemovedTable', description: 'A table that is gone, or would be.' });
export type RemovedTable = z.output<typeof removedTable>;
