import { z } from 'zod';
import { columnName, comment, tableName } from '../ddl/change.schema.ts';
import { columnTypeOf } from '../ddl/column-type.ts';
import { DEFAULT_FUNCTIONS, defaultOf } from '../ddl/default-value.ts';
import { identifier } from '../ddl/identifier.ts';
import { literal, text } from '../ddl/literal.schema.ts';
import { ACTIONS, columnCheck } from './constraint.schema.ts';
import { generated } from './generated.schema.ts';

// A column as a table is given it, as it changes, and as it is.

const MOST_CHECKS = 20;

export const HIDABLE = ['user', 'key'] as const;
export type Hidable = (typeof HIDABLE)[number];
const IDENTITIES = ['always', 'byDefault'] as const;

export const hidable = z
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
  hiddenFrom: hidable.meta({
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
