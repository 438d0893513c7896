import { idSchema, pageOf, pageQuery } from '@plinth/contracts';
import { z } from 'zod';
import { columnTypeOf } from '../ddl/column-type.ts';
import { DEFAULT_FUNCTIONS, defaultOf } from '../ddl/default-value.ts';
import {
  ACTIONS,
  columnCheck,
  constraint,
  constraintName,
  newCheck,
  newForeignKey,
  newUnique,
} from './constraint.schema.ts';
import { generated } from './generated.schema.ts';
import { identifier } from '../ddl/identifier.ts';
import { literal, text } from '../ddl/literal.schema.ts';

const MOST_COLUMNS = 500;
const MOST_CHECKS = 20;
const MOST_CONSTRAINTS = 100;

export const HIDABLE = ['user', 'key'] as const;
export type Hidable = (typeof HIDABLE)[number];
const IDENTITIES = ['always', 'byDefault'] as const;

export const workspaceId = idSchema('workspace').meta({
  description: 'The workspace.',
  example: 'wks_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
});
export const tableName = identifier.meta({ description: 'The table.', example: 'note' });
export const columnName = identifier.meta({ description: 'The column.', example: 'title' });
export const dryRun = z
  .boolean()
  .default(false)
  .meta({ description: 'Whether to say what would be done, and do nothing of it.', example: false });
export const cascade = z.boolean().default(false).meta({
  description: 'Whether what depends on it goes too: foreign keys, views, policies.',
  example: false,
});

const comment = text.nullable();
const hidden = z
  .array(z.enum(HIDABLE))
  .refine((list) => new Set(list).size === list.length, 'names one twice');

const spelledDefault = z
  .strictObject({
    value: literal
      .optional()
      .meta({ description: 'A constant of the type of the column.', example: 'draft' }),
    function: z
      .enum(DEFAULT_FUNCTIONS)
      .optional()
      .meta({ description: 'What is called for each new row.', example: 'now()' }),
  })
  .refine(
    (given) => (given.value === undefined) !== (given.function === undefined),
    'is a value or a function',
  );

const columnDefault = z
  .union([spelledDefault, z.union([text, z.number(), z.boolean()]).transform(defaultOf)], {
    error: `is a constant, or one of ${DEFAULT_FUNCTIONS.join(', ')}, or an object with either "value" or "function"`,
  })
  .meta({
    description:
      'What a new row has where it says nothing: a constant, or a call such as `now()`. `{"value": …}` holds any constant, also a list, an object, or a text that looks like a call.',
    example: 'now()',
  });

const reference = z
  .strictObject({
    table: tableName.meta({ description: 'A table of the workspace.', example: 'author' }),
    column: columnName.meta({ description: 'Its column, which is unique.', example: 'id' }),
    onDelete: z.enum(ACTIONS).default('noAction').meta({
      description: 'What becomes of the rows that point to one that is deleted.',
      example: 'cascade',
    }),
  })
  .meta({ description: 'The column of another table whose values it holds.' });
export type Reference = z.output<typeof reference>;

const builtInType = z
  .string()
  .max(100)
  .refine((type) => columnTypeOf(type) !== undefined, 'is not a type that a column can have');
const ownType = z.strictObject({
  enum: identifier.meta({ description: 'A type of the workspace.', example: 'mood' }),
  array: z.boolean().optional().meta({ description: 'Whether it holds many values.', example: false }),
});

const fields = {
  name: columnName,
  type: z.union([builtInType, ownType], { error: 'is not a type that a column can have' }).meta({
    description:
      'A type of Postgres, such as `text`, `varchar(100)`, `integer`, `numeric(10, 2)`, `boolean`, `timestamptz`, `uuid`, `jsonb`, or an array: `text[]`; or one of the workspace: `{"enum": "mood"}`.',
    example: 'text',
  }),
  nullable: z.boolean().meta({ description: 'Whether it may be empty.', example: false }),
  unique: z.boolean().meta({ description: 'Whether no two rows have the same value.', example: false }),
  comment: comment.meta({ description: 'What it is for.', example: 'Shown on top of the page.' }),
  hiddenFrom: hidden.meta({
    description: 'Who can neither read nor write it: end users, API keys.',
    example: ['user'],
  }),
};

export const newColumn = z
  .strictObject({
    name: fields.name,
    type: fields.type,
    nullable: fields.nullable.default(true),
    default: columnDefault.optional(),
    primaryKey: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether it is, alone or with others, what tells rows apart.', example: true }),
    identity: z
      .union([
        z.enum(IDENTITIES),
        z.boolean().transform((isNumbered) => (isNumbered ? 'byDefault' : undefined)),
      ])
      .optional()
      .meta({
        description:
          'Numbers rows as they come: `always`, or `byDefault` (the same as `true`) where a row does not say.',
        example: 'always',
      }),
    generated: generated.optional(),
    unique: fields.unique.default(false),
    checks: z
      .array(columnCheck)
      .min(1)
      .max(MOST_CHECKS)
      .optional()
      .meta({
        description: 'What each of its values meets.',
        example: [{ operator: 'length', min: 1, max: 80 }],
      }),
    references: reference.optional(),
    comment: fields.comment.optional(),
    hiddenFrom: fields.hiddenFrom.default([]),
  })
  .meta({ id: 'NewTableColumn', description: 'A column that a table is to have.' });
export type NewColumn = z.output<typeof newColumn>;

export const columnChange = z
  .strictObject({
    name: fields.name,
    newName: fields.name
      .optional()
      .meta({ description: 'What it is called from now on.', example: 'headline' }),
    type: fields.type.optional(),
    nullable: fields.nullable.optional(),
    default: columnDefault
      .nullable()
      .optional()
      .meta({
        description: 'What new rows have from now on; null takes it away.',
        example: { value: 'draft' },
      }),
    comment: fields.comment.optional(),
    hiddenFrom: fields.hiddenFrom.optional(),
  })
  .meta({ id: 'TableColumnChange', description: 'What becomes of a column; what is left out stays.' });
export type ColumnChange = z.output<typeof columnChange>;

export const column = z
  .object({
    name: fields.name,
    type: z.string().meta({ description: 'Its type, as Postgres writes it.', example: 'text' }),
    nullable: fields.nullable,
    default: z
      .string()
      .nullable()
      .meta({ description: 'What a new row has where it says nothing, as SQL.', example: "'draft'::text" }),
    primaryKey: z.boolean().meta({ description: 'Whether it is of the primary key.', example: false }),
    identity: z
      .enum(IDENTITIES)
      .nullable()
      .meta({ description: 'Whether it numbers rows as they come.', example: null }),
    generated: z.string().nullable().meta({
      description: 'What the database makes it of, with every row, as SQL.',
      example: null,
    }),
    unique: fields.unique,
    references: reference.nullable(),
    comment: fields.comment,
    hiddenFrom: fields.hiddenFrom,
  })
  .meta({ id: 'TableColumn', description: 'A column of a table.' });
export type Column = z.output<typeof column>;

const policiesFor = hidden.meta({
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
