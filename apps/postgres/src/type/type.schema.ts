import { pageOf } from '@plinth/contracts';
import { z } from 'zod';
import { columnTypeOf } from '../ddl/column-type.ts';
import { identifier } from '../ddl/identifier.ts';
import { dryRun, workspaceId } from '../ddl/change.schema.ts';
import { changedTable } from '../table/table.schema.ts';

const MOST_VALUES = 500;
/** Postgres keeps a label as it keeps a name. */
const LONGEST_BYTES = 63;

const name = identifier
  .refine((given) => columnTypeOf(given) === undefined, 'is a type of Postgres')
  .meta({ description: 'Its name, unique among types and tables.', example: 'mood' });
const value = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\0'), 'holds a character that Postgres cannot')
  .refine(
    (text) => Buffer.byteLength(text) <= LONGEST_BYTES,
    `is longer than ${LONGEST_BYTES} bytes, which is what Postgres keeps`,
  )
  .meta({ description: 'One of its values.', example: 'calm' });

const distinct = (list: readonly string[]) => new Set(list).size === list.length;
const values = z
  .array(value)
  .min(1)
  .max(MOST_VALUES)
  .refine(distinct, 'name a value twice')
  .meta({ description: 'Its values, in their order.', example: ['calm', 'tense'] });

export const enumType = z
  .object({
    name: z.string().meta({ description: 'Its name.', example: 'mood' }),
    values: z
      .array(z.string())
      .meta({ description: 'Its values, in their order.', example: ['calm', 'tense'] }),
  })
  .meta({ id: 'EnumType', description: 'A type with few values, each of which has a name.' });
export type EnumType = z.output<typeof enumType>;

export const typePage = pageOf(enumType).meta({
  id: 'EnumTypePage',
  description: 'The types of a workspace.',
});

const { sql } = changedTable.shape;

export const changedType = z
  .object({ ...enumType.shape, sql })
  .meta({ id: 'ChangedEnumType', description: 'A type as a change leaves it.' });
export type ChangedType = z.output<typeof changedType>;

export const removedType = z
  .object({ name, deleted: z.literal(true).meta({ description: 'It is gone.', example: true }), sql })
  .meta({ id: 'RemovedEnumType', description: 'A type that is gone, or would be.' });
export type RemovedType = z.output<typeof removedType>;

export const listTypes = z.strictObject({ workspaceId });
export const typeByName = z.strictObject({ workspaceId, type: name });
export type TypeByName = z.output<typeof typeByName>;

export const createType = z.strictObject({ workspaceId, name, values, dryRun });
export type CreateType = z.output<typeof createType>;

const newValue = z
  .strictObject({
    value,
    before: value
      .optional()
      .meta({ description: 'The value that it comes before; else it is the last.', example: 'tense' }),
  })
  .meta({ description: 'A value that it gets.' });

const renamedValue = z
  .strictObject({
    value,
    newValue: value.meta({ description: 'What it is called from now on, in all rows.', example: 'serene' }),
  })
  .meta({ description: 'A value that is called otherwise.' });

export const updateType = z.strictObject({
  workspaceId,
  type: name,
  name: name.optional().meta({ description: 'What it is called from now on.', example: 'feeling' }),
  addValues: z
    .array(newValue)
    .max(MOST_VALUES)
    .optional()
    .meta({ description: 'Values that it gets.', example: [{ value: 'uneasy', before: 'tense' }] }),
  renameValues: z
    .array(renamedValue)
    .max(MOST_VALUES)
    .optional()
    .meta({ description: 'Values that are called otherwise.', example: [] }),
  dryRun,
});
export type UpdateType = z.output<typeof updateType>;

export const removeType = z.strictObject({ workspaceId, type: name, dryRun });
export type RemoveType = z.output<typeof removeType>;
