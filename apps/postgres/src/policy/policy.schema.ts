import { pageOf } from '@plinth/contracts';
import { z } from 'zod';
import { identifier } from '../ddl/identifier.ts';
import { literal } from '../ddl/literal.schema.ts';
import { predicateShape } from '../ddl/predicate.schema.ts';
import { columnName, dryRun, tableName, workspaceId } from '../ddl/change.schema.ts';
import { HIDABLE } from '../table/column.schema.ts';
import { changedTable } from '../table/table.schema.ts';
import { BUILT_IN_POLICIES } from '../table/table.repo.ts';

const MOST_JOINS = 10;
const COMMANDS = ['all', 'select', 'insert', 'update', 'delete'] as const;

export const OPERATORS = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'in', 'isNull', 'isNotNull'] as const;
type Operator = (typeof OPERATORS)[number];
const withoutValue = (operator: Operator): boolean => operator === 'isNull' || operator === 'isNotNull';

/** What is on the right side: a constant, a claim, the caller, or a column of the row. */
function rightSides({ value, claim, uid, column, row }: Given): number {
  // Without a column the claim stands on the left.
  const isRight = column !== undefined && claim !== undefined;
  return [value !== undefined, isRight, uid !== undefined, row !== undefined].filter(Boolean).length;
}

const conditionShape = z.strictObject({
  column: columnName.optional(),
  operator: z.enum(OPERATORS).meta({ description: 'How they are compared.', example: 'eq' }),
  value: literal
    .optional()
    .meta({ description: 'A constant; of `in` a list of them.', example: 'published' }),
  claim: z
    .string()
    .min(1)
    .max(200)
    .refine((path) => !path.includes('\0'), 'holds a character that Postgres cannot')
    .optional()
    .meta({
      description:
        'A claim of the token, by its name or by a path with dots. Without a column it is what is compared with the value. Of `in` it is a list.',
      example: 'app.team',
    }),
  uid: z.literal(true).optional().meta({ description: 'The subject of the token.', example: true }),
});
export type Condition = z.output<typeof conditionShape>;
type Given = Condition & { row?: string | undefined };

function checkCondition(given: Given, ctx: z.RefinementCtx, sides: string): void {
  const problem = (path: string, message: string) => ctx.addIssue({ code: 'custom', path: [path], message });
  if (given.column === undefined && given.claim === undefined)
    problem('column', 'a column or a claim is compared');
  const wanted = withoutValue(given.operator) ? 0 : 1;
  if (rightSides(given) !== wanted) {
    problem('operator', wanted === 0 ? 'compares with nothing' : `compares with one of ${sides}`);
  }
  if (given.operator === 'in' && given.value !== undefined && !Array.isArray(given.value)) {
    problem('value', 'is a list');
  }
  if (given.operator === 'in' && given.uid) problem('uid', 'is no list');
  if (given.operator === 'in' && given.row !== undefined) problem('row', 'is no list');
  if (given.operator !== 'in' && Array.isArray(given.value)) problem('value', 'is a list');
}

const condition = conditionShape
  .superRefine((given, ctx) => checkCondition(given, ctx, 'value, claim and uid'))
  .meta({ id: 'PolicyCondition', description: 'A comparison that holds for a row or does not.' });

const ofOther = conditionShape
  .extend({
    column: columnName.meta({ description: 'A column of the other table.', example: 'project_id' }),
    row: columnName
      .optional()
      .meta({ description: 'A column of the row that the policy is about.', example: 'id' }),
  })
  .superRefine((given, ctx) => checkCondition(given, ctx, 'value, claim, uid and row'))
  .meta({
    id: 'PolicyJoin',
    description: 'A comparison of a column of another table, also with a column of the row.',
  });
export type Join = z.output<typeof ofOther>;

const exists = z
  .strictObject({
    exists: z
      .strictObject({
        table: tableName.meta({ description: 'The table that is looked into.', example: 'member' }),
        where: z
          .array(ofOther)
          .min(1)
          .max(MOST_JOINS)
          .meta({ description: 'What has to hold for one of its rows, all of it.' }),
        visible: z.boolean().optional().meta({
          description:
            'Whether only those of its rows count that whoever asks may see, by its own policies. Otherwise all of them do.',
          example: false,
        }),
      })
      .meta({ description: 'That there is such a row in another table.' }),
  })
  .meta({
    id: 'PolicyExists',
    description: 'Holds for a row to which there is one in another table.',
    example: {
      exists: {
        table: 'member',
        where: [
          { column: 'project_id', operator: 'eq', row: 'id' },
          { column: 'user_id', operator: 'eq', uid: true },
        ],
      },
    },
  });
export type Exists = z.output<typeof exists>['exists'];

export const predicate = z.strictObject(
  predicateShape(z.union([condition, exists]), {
    least: 0,
    description: 'The conditions, or groups of them. None at all is every row.',
  }),
);
export type Predicate = z.output<typeof predicate>;

const name = identifier.meta({ description: 'Its name, unique in the table.', example: 'own_notes' });
const fields = {
  name,
  command: z.enum(COMMANDS).meta({ description: 'What it is about.', example: 'all' }),
  to: z
    .array(z.enum(HIDABLE))
    .min(1)
    .refine((list) => new Set(list).size === list.length, 'names one twice')
    .meta({ description: 'Whom it is about: end users, API keys.', example: ['user'] }),
  restrictive: z.boolean().meta({
    description: 'Whether it takes away of what others allow; else it allows, as one of several.',
    example: false,
  }),
};

export const policy = z
  .object({
    name: z.string().meta({ description: 'Its name.', example: 'own_notes' }),
    command: fields.command,
    to: z.array(z.string()).meta({ description: 'Whom it is about.', example: ['user'] }),
    restrictive: fields.restrictive,
    using: z.string().nullable().meta({
      description: 'Of which rows it allows it, as SQL.',
      example: '(author = ( SELECT plinth.uid() AS uid))',
    }),
    check: z
      .string()
      .nullable()
      .meta({ description: 'What rows may become, as SQL; without it, as they have to be.', example: null }),
    looksInto: z
      .array(z.string())
      .meta({ description: 'The other tables whose rows it asks for.', example: ['member'] }),
    builtIn: z.boolean().meta({
      description: 'Whether it is there because the table does not ask policies about somebody.',
      example: false,
    }),
  })
  .meta({ id: 'Policy', description: 'A rule about who has which rows of a table.' });
export type Policy = z.output<typeof policy>;

export const policyPage = pageOf(policy).meta({ id: 'PolicyPage', description: 'The policies of a table.' });

const { sql } = changedTable.shape;

export const changedPolicy = z
  .object({
    ...policy.shape,
    warnings: z.array(z.string()).meta({
      description: 'What will make it slow.',
      example: ['The column author has no index that begins with it'],
    }),
    sql,
  })
  .meta({ id: 'ChangedPolicy', description: 'A policy that was made.' });
export type ChangedPolicy = z.output<typeof changedPolicy>;

export const removedPolicy = z
  .object({
    name: fields.name,
    deleted: z.literal(true).meta({ description: 'It is gone.', example: true }),
    sql,
  })
  .meta({ id: 'RemovedPolicy', description: 'A policy that is gone, or would be.' });
export type RemovedPolicy = z.output<typeof removedPolicy>;

interface Clauses {
  command: (typeof COMMANDS)[number];
  using?: unknown;
  check?: unknown;
}

export function checkPolicy({ command, using, check }: Clauses, ctx: z.RefinementCtx): void {
  const problem = (path: string, message: string) => ctx.addIssue({ code: 'custom', path: [path], message });
  if (command === 'insert') {
    if (using) problem('using', 'an insert has no rows to begin with; say check');
    if (!check) problem('check', 'is what an insert needs');
    return;
  }
  if (!using) problem('using', 'is required');
  if (check && (command === 'select' || command === 'delete')) problem('check', `a ${command} makes no rows`);
}

export const createPolicy = z
  .strictObject({
    workspaceId,
    table: tableName,
    name: name.refine((given) => !given.startsWith(BUILT_IN_POLICIES), 'is a name of the platform'),
    command: fields.command.default('all'),
    to: fields.to.default(['user']),
    restrictive: fields.restrictive.default(false),
    using: predicate.optional().meta({
      description: 'Which rows can be seen, changed and deleted; none where an insert is meant.',
      example: { conditions: [{ column: 'owner', operator: 'eq', uid: true }] },
    }),
    check: predicate.optional().meta({
      description: 'What new and changed rows have to be; as `using` says where it is left out.',
      example: { conditions: [{ column: 'owner', operator: 'eq', uid: true }] },
    }),
    dryRun,
  })
  .superRefine(checkPolicy);
export type CreatePolicy = z.output<typeof createPolicy>;

export const removePolicy = z.strictObject({ workspaceId, table: tableName, policy: name, dryRun });
export type RemovePolicy = z.output<typeof removePolicy>;
