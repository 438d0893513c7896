import { pageOf } from '@plinth/contracts';
import { z } from 'zod';
import { createIndex, removeIndex } from '../index/index.schema.ts';
import { checkPolicy, createPolicy, removePolicy } from '../policy/policy.schema.ts';
import { createType, removeType, updateType } from '../type/type.schema.ts';
import { dryRun, workspaceId } from '../ddl/change.schema.ts';
import { createTable, removeTable, updateTable } from '../table/table.schema.ts';

const MOST_AT_ONCE = 100;
const OF_ROUTE = { workspaceId: true, dryRun: true } as const;

const version = z
  .string()
  .regex(
    /^[0-9A-Za-z][0-9A-Za-z_.-]{0,63}$/,
    'must be letters, digits, _ . - and begin with a letter or digit',
  )
  .meta({
    description: 'What orders migrations, letter by letter: a number with leading zeros, or a time.',
    example: '0001',
  });
const name = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .nullable()
  .meta({ description: 'What it is for.', example: 'Notes' });

const { workspaceId: _, dryRun: __, ...policyFields } = createPolicy.shape;

const CHANGES = {
  createTable: createTable.omit(OF_ROUTE).optional().meta({ description: 'As `POST …/tables`.' }),
  updateTable: updateTable.omit(OF_ROUTE).optional().meta({ description: 'As `PATCH …/tables/{table}`.' }),
  removeTable: removeTable.omit(OF_ROUTE).optional().meta({ description: 'As `DELETE …/tables/{table}`.' }),
  createIndex: createIndex.omit(OF_ROUTE).optional().meta({ description: 'As `POST …/indexes`.' }),
  removeIndex: removeIndex.omit(OF_ROUTE).optional().meta({ description: 'As `DELETE …/indexes/{index}`.' }),
  createType: createType.omit(OF_ROUTE).optional().meta({ description: 'As `POST …/types`.' }),
  updateType: updateType.omit(OF_ROUTE).optional().meta({ description: 'As `PATCH …/types/{type}`.' }),
  removeType: removeType.omit(OF_ROUTE).optional().meta({ description: 'As `DELETE …/types/{type}`.' }),
  createPolicy: z
    .strictObject(policyFields)
    .superRefine(checkPolicy)
    .optional()
    .meta({ description: 'As `POST …/policies`.' }),
  removePolicy: removePolicy
    .omit(OF_ROUTE)
    .optional()
    .meta({ description: 'As `DELETE …/policies/{policy}`.' }),
};

const change = z
  .strictObject(CHANGES)
  .refine((given) => Object.keys(given).length === 1, {
    error: `is one of ${Object.keys(CHANGES).join(', ')}`,
  })
  .meta({ description: 'One change, in the words of its own route.' });
export type Change = z.output<typeof change>;

const given = z.strictObject({
  version,
  name: name.default(null),
  changes: z.array(change).min(1).max(MOST_AT_ONCE).meta({ description: 'What it does, in order.' }),
});
export type GivenMigration = z.output<typeof given>;

const ascend = (list: readonly { version: string }[]) =>
  list.every((one, i) => i === 0 || (list[i - 1]?.version ?? '') < one.version);

export const applyMigrations = z
  .strictObject({
    workspaceId,
    migrations: z
      .array(given)
      .min(1)
      .max(MOST_AT_ONCE)
      .refine(ascend, 'are to be in the order of their versions, each once')
      .meta({ description: 'Those that the workspace has had already, and new ones after them.' }),
    dryRun,
  })
  .meta({
    example: {
      migrations: [
        {
          version: '0001',
          name: 'Labels',
          changes: [
            {
              createTable: {
                name: 'label',
                columns: [
                  { name: 'id', type: 'bigint', primaryKey: true, identity: 'always' },
                  { name: 'title', type: 'text', nullable: false },
                ],
              },
            },
            { createIndex: { table: 'label', columns: [{ name: 'title' }], unique: true } },
          ],
        },
      ],
    },
  });

export const migration = z
  .object({
    version,
    name,
    hash: z.string().meta({ description: 'Of its changes.', example: 'vJ3c…' }),
    appliedBy: z.string().meta({ description: 'Who applied it.', example: 'usr_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' }),
    appliedAt: z.iso
      .datetime()
      .meta({ description: 'When it was applied.', example: '2026-01-15T10:00:00.000000Z' }),
  })
  .meta({ id: 'Migration', description: 'A migration that the workspace has had.' });

export const migrationPage = pageOf(migration).meta({
  id: 'MigrationPage',
  description: 'The migrations of a workspace.',
});

export const appliedMigrations = z
  .object({
    applied: z.array(version).meta({ description: 'What was new.', example: ['0001'] }),
    unchanged: z.array(version).meta({ description: 'What the workspace had already.', example: [] }),
    sql: z.array(z.string()).meta({
      description: 'Of a dry run: the statements that would be run.',
      example: [],
    }),
  })
  .meta({ id: 'AppliedMigrations', description: 'What came of a list of migrations.' });

export const listMigrations = z.strictObject({ workspaceId });
export const migrationByVersion = z.strictObject({ workspaceId, version });

export type Migration = z.output<typeof migration>;
export type ApplyMigrations = z.output<typeof applyMigrations>;
export type AppliedMigrations = z.output<typeof appliedMigrations>;
