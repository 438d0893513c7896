import { z } from 'zod';
import { identifier } from '../ddl/identifier.ts';
import { literal } from '../ddl/literal.schema.ts';
import { predicateShape } from '../ddl/predicate.schema.ts';

// The rules of a table beside those of single columns: conditions that every row meets, keys of several columns.

const MOST_COLUMNS = 32;
const LONGEST_PATTERN = 200;
const KINDS = ['check', 'unique', 'foreignKey', 'primaryKey', 'exclusion'] as const;
export const ACTIONS = ['noAction', 'restrict', 'cascade', 'setNull', 'setDefault'] as const;
export type ReferenceAction = (typeof ACTIONS)[number];

const name = identifier.meta({ description: 'Its name, unique in the table.', example: 'note_rank' });
const columnName = identifier.meta({ description: 'The column.', example: 'rank' });

const OPERATORS = [
  'eq',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
  'in',
  'length',
  'matches',
  'notEmpty',
  'isNull',
  'isNotNull',
] as const;

/** What an operator is told, beside the column that it is about. */
const WANTED: Readonly<Record<(typeof OPERATORS)[number], 'side' | 'value' | 'bounds' | 'nothing'>> = {
  eq: 'side',
  neq: 'side',
  gt: 'side',
  gte: 'side',
  lt: 'side',
  lte: 'side',
  in: 'value',
  length: 'bounds',
  matches: 'value',
  notEmpty: 'nothing',
  isNull: 'nothing',
  isNotNull: 'nothing',
};

/** What a pattern may not have, for it can take for ever: a look around, a reference back to what was found. */
const COSTLY = /\(\?|\\[1-9]/;

const bound = z.int().min(0).max(1_000_000);
const ofColumn = z.strictObject({
  operator: z.enum(OPERATORS).meta({ description: 'How it is compared.', example: 'gte' }),
  value: literal.optional().meta({
    description: 'A constant; of `in` a list of them, of `matches` a regular expression of Postgres.',
    example: 0,
  }),
  other: columnName.optional().meta({ description: 'In the place of a constant: another column.' }),
  min: bound.optional().meta({ description: 'Of `length`: the least.', example: 1 }),
  max: bound.optional().meta({ description: 'Of `length`: the most.', example: 80 }),
});
type OfColumn = z.output<typeof ofColumn>;

function checkSides({ operator, value, other, min, max }: OfColumn, ctx: z.RefinementCtx): void {
  const problem = (path: string, message: string) => ctx.addIssue({ code: 'custom', path: [path], message });
  const wanted = WANTED[operator];
  const sides = [value, other].filter((side) => side !== undefined).length;
  if (wanted === 'side' && (sides !== 1 || value === null || typeof value === 'object'))
    problem('value', 'compares with one of a constant and another column');
  if (wanted !== 'side' && other !== undefined) problem('other', 'compares with no other column');
  if ((wanted === 'bounds' || wanted === 'nothing') && value !== undefined)
    problem('value', 'compares with no constant');
  const hasBounds = min !== undefined || max !== undefined;
  if (hasBounds !== (wanted === 'bounds') || (min ?? 0) > (max ?? Number.POSITIVE_INFINITY))
    problem('min', wanted === 'bounds' ? 'is the least, max the most' : 'is for the length alone');
  // Beside a null every value would do.
  if (operator === 'in' && !(Array.isArray(value) && value.length > 0 && !value.includes(null)))
    problem('value', 'is a list of constants');
  if (operator !== 'matches') return;
  if (typeof value !== 'string' || value.length > LONGEST_PATTERN || COSTLY.test(value))
    problem('value', `is a pattern of at most ${LONGEST_PATTERN} characters, without (?…) and \\1`);
}

export const columnCheck = ofColumn
  .superRefine(checkSides)
  .meta({ id: 'ColumnCheck', description: 'What every value of the column meets; one that is empty does.' });
export type ColumnCheck = z.output<typeof columnCheck>;

const condition = z
  .strictObject({ column: columnName, ...ofColumn.shape })
  .superRefine(checkSides)
  .meta({ id: 'CheckCondition', description: 'A comparison that holds for a row or does not.' });
export type CheckCondition = z.output<typeof condition>;

const validate = z.boolean().optional().meta({
  description:
    'Of a rule that a table is given later: `false` asks it of new and changed rows alone. Those that are there are looked at by `validateConstraints`.',
  example: true,
});

export const newCheck = z
  .strictObject({
    name,
    ...predicateShape(condition, { least: 1, description: 'The conditions, or groups of them.' }),
    validate,
  })
  .meta({
    id: 'NewCheck',
    description: 'What every row meets. A condition on a column that is empty is met.',
    example: { name: 'rank_in_range', conditions: [{ column: 'rank', operator: 'gte', value: 0 }] },
  });
export type NewCheck = z.output<typeof newCheck>;

const columnList = z
  .array(columnName)
  .min(1)
  .max(MOST_COLUMNS)
  .refine((list) => new Set(list).size === list.length, 'name a column twice')
  .meta({ description: 'The columns, in order.', example: ['tenant', 'number'] });

const action = z
  .enum(ACTIONS)
  .meta({ description: 'What becomes of the rows that point to it.', example: 'cascade' });

export const newForeignKey = z
  .strictObject({
    name: name.optional(),
    columns: columnList,
    references: z
      .strictObject({
        table: identifier.meta({ description: 'A table of the workspace.', example: 'invoice' }),
        columns: columnList.meta({
          description: 'Its columns, as many, which are unique together.',
          example: ['tenant', 'number'],
        }),
      })
      .meta({ description: 'The columns of another table whose values they hold.' }),
    onDelete: action
      .optional()
      .meta({ description: 'What becomes of rows that point to one that is deleted.', example: 'cascade' }),
    onUpdate: action
      .optional()
      .meta({ description: 'What becomes of rows that point to one whose key changes.', example: 'cascade' }),
    validate,
  })
  .refine((given) => given.columns.length === given.references.columns.length, {
    error: 'are as many as the columns that they hold',
    path: ['references', 'columns'],
  })
  .meta({
    id: 'NewForeignKey',
    description: 'Columns that hold the key of a row of another table.',
    example: { columns: ['author_id'], references: { table: 'author', columns: ['id'] } },
  });
export type NewForeignKey = z.output<typeof newForeignKey>;

export const newUnique = z.strictObject({ name: name.optional(), columns: columnList }).meta({
  id: 'NewUnique',
  description: 'Columns that no two rows have the same values in.',
  example: { columns: ['title', 'owner'] },
});
export type NewUnique = z.output<typeof newUnique>;

export const constraintName = name;

export const constraint = z
  .object({
    name: z.string().meta({ description: 'Its name.', example: 'rank_in_range' }),
    kind: z.enum(KINDS).meta({ description: 'What it is.', example: 'check' }),
    columns: z.array(z.string()).meta({ description: 'The columns that it is about.', example: ['rank'] }),
    references: z
      .object({
        table: z.string().meta({ description: 'The table.', example: 'author' }),
        columns: z.array(z.string()).meta({ description: 'Its columns.', example: ['id'] }),
        onDelete: action,
        onUpdate: action,
      })
      .nullable()
      .meta({ description: 'Of a foreign key: where it leads.', example: null }),
    definition: z.string().meta({ description: 'As SQL.', example: 'CHECK ((rank >= 0))' }),
    validated: z
      .boolean()
      .meta({ description: 'Whether rows that were there before it meet it too.', example: true }),
  })
  .meta({ id: 'TableConstraint', description: 'A rule that the rows of a table meet.' });
export type Constraint = z.output<typeof constraint>;
